/* conf.h: the configuration file (libconfig), as values. One table row a key, with
 * its type, default, range and one line of help, drives reading, `-t`, the sample
 * file and the manual page. An unknown key or a wrong type is an error with file
 * and line. Everything a conf holds lives until mem_unref() of it. */
#ifndef OFFHOOK_CONF_CONF_H
#define OFFHOOK_CONF_CONF_H

#include "base/log.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONF_ERROR = 512 };

struct conf_listen {
    char transport[8];
    char host[64];
    unsigned port; /* 0 is allowed: any free port, told on the ready line */
};

/* A network: "127.0.0.0/8", "::1", "10.1.2.3". */
struct conf_network {
    struct sockaddr_storage address;
    unsigned bits;
};

/* How long a webhook may take [ms]; 0: as webhook.* says. */
struct conf_wait {
    unsigned connect, reply;
};

/* A number whose calls go on to SIP URIs. */
struct conf_forward {
    const char *number; /* digits */
    const char *uris;   /* "sip:a@x;timeout=2000,sip:b@y", in order of trial */
};

struct conf_application {
    const char *id, *name;
    const char *public_key;       /* PEM text (a file named in the conf was read) */
    const char *signature_secret; /* of its webhooks; NULL or "": http.signature_secret */
    struct {
        const char *answer_url, *answer_method;
        const char *ncco; /* JSON text (a file named in the conf was read); "": none */
        const char *fallback_answer_url, *fallback_answer_method; /* method NULL: GET */
        const char *event_url, *event_method;
        struct conf_wait answer_wait, fallback_answer_wait, event_wait;
        bool is_signed;
    } voice;
    struct {
        const char *event_url, *event_method; /* method NULL: POST */
        struct conf_wait event_wait;
        bool is_signed;
    } rtc;
    unsigned leg_persistence;   /* [days] ended legs stay; 0: 7 */
    unsigned conversations_ttl; /* [h] a conversation stays active; 0: for ever */
    const char **numbers;       /* "15550100002", "1555020*" */
    size_t number_count;
    struct conf_forward *forwards;
    size_t forward_count;
    struct {                                  /* what it may dial; fraud costs money */
        const char **allow, **deny;           /* prefixes of numbers; the longest match decides */
        size_t allow_count, deny_count;       /* no allow: all numbers */
        unsigned max_calls, calls_per_minute; /* 0: any */
    } dial;
};

/* How keys go over a trunk. */
enum conf_dtmf {
    CONF_DTMF_AUTO,    /* telephone-events when they were agreed, else tones */
    CONF_DTMF_RFC4733, /* telephone-events only */
    CONF_DTMF_INFO,    /* ours by SIP INFO; the peer's by telephone-event, too */
    CONF_DTMF_INBAND   /* tones, whatever the peer offers */
};

/* A rule that rewrites a number: what begins with (or is, unless any_rest) `from` becomes `to`,
 * with the rest behind it when keeps_rest. */
struct conf_rewrite {
    const char *from, *to;
    bool any_rest, keeps_rest;
};

/* Where a trunk is told the caller's number. */
enum conf_identity {
    CONF_IDENTITY_FROM = 1,
    CONF_IDENTITY_PAI = 2, /* P-Asserted-Identity */
    CONF_IDENTITY_PPI = 4, /* P-Preferred-Identity */
    CONF_IDENTITY_RPID = 8 /* Remote-Party-ID */
};

/* Whose caller is hidden from the callee (RFC 3323): nobody's by a header, who withholds his
 * number, everybody's. */
enum conf_privacy { CONF_PRIVACY_OFF, CONF_PRIVACY_WITHHELD, CONF_PRIVACY_ALWAYS };

/* Reliable provisional responses (RFC 3262), both ways. */
enum conf_rel100 { CONF_REL100_OFF, CONF_REL100_SUPPORTED, CONF_REL100_REQUIRED };

/* Whose certificate is asked for of those who connect to us by TLS. */
enum conf_tls_clients { CONF_TLS_CLIENTS_OFF, CONF_TLS_CLIENTS_ASKED, CONF_TLS_CLIENTS_NEEDED };

/* What a minute with numbers of a prefix costs. */
struct conf_tariff {
    const char *prefix;    /* digits; "": any number, and none */
    int64_t rate;          /* a minute [1e-8 of the currency], up to 10000 */
    const char *network;   /* as webhooks say it: "23409" */
    const char *direction; /* "inbound", "outbound"; "": both */
};

struct conf_trunk {
    const char *name;
    const char **proxies; /* SIP URIs in order of trial; at least one */
    size_t proxy_count;
    const char *username, *password, *from_domain, *srtp;
    bool is_register, takes_extensions;
    const char *registrar; /* URI; "": the first proxy's */
    unsigned expires;      /* [s] asked for */
    const char **routes;   /* URIs of outbound proxies: preloaded Route */
    size_t route_count;
    const char *from_user; /* of From and the registration's Contact; "": the caller's number */
    unsigned identity;     /* of enum conf_identity */
    enum conf_privacy privacy;
    bool trust;          /* its identity headers are believed */
    bool allows_proxies; /* its calls also come from where its proxies are */
    bool diversion;      /* it is told who was called first */
    struct conf_rewrite *outbound, *caller, *inbound; /* numbers called, calling; both, inbound */
    size_t outbound_count, caller_count, inbound_count;
    unsigned capacity, rate;          /* calls at once, new ones a second; 0: no limit */
    unsigned ping;                    /* [s] between OPTIONS; 0: none */
    unsigned ping_timeout;            /* [ms] */
    unsigned ping_fail, ping_recover; /* so many in a row make it down, or up */
    unsigned *failover_on;            /* statuses after which another is tried */
    size_t failover_count;
    const char **prefixes;
    size_t prefix_count;
    struct conf_network *allow;
    size_t allow_count;
    enum conf_dtmf dtmf;
    const char **codecs; /* as rtp.codecs; none: those */
    size_t codec_count;
    unsigned ptime;         /* [ms] we ask for; 0: none */
    bool media_strict;      /* nobody is heard but whom SDP names */
    unsigned session_timer; /* [s] we ask for; 0: only what the peer asks for */
    enum conf_rel100 rel100;
    bool follows;                                /* redirections, to hosts of its own */
    bool refers;                                 /* its REFER moves calls */
    const char *inbound_user, *inbound_password; /* asked of who calls; "": nothing is */
};

/* Speech as text: url or model; neither: no engine. */
struct conf_recogniser {
    const char *url;                   /* of a server (doc/engines.md) */
    const char **headers;              /* sent there: NULL-ended pairs name, value; or NULL */
    const char *model;                 /* PocketSphinx's folder of en-us */
    unsigned connect_timeout, timeout; /* [ms] */
    unsigned concurrency, queue;       /* requests at once, and waiting */
};

/* What a number of the application `test` does, which is there when it has one: the caller hears
 * itself, 1000 Hz, 1004 Hz at 0 dBm0, or nothing; or is not answered. */
enum conf_test {
    CONF_TEST_ECHO,
    CONF_TEST_TONE,
    CONF_TEST_MILLIWATT,
    CONF_TEST_SILENCE,
    CONF_TEST_RINGING
};
enum { CONF_TESTS = CONF_TEST_RINGING + 1 };
#define CONF_TEST_ID "00000000-0000-4000-8000-000000007e57"

struct conf_numbers {
    const char **numbers; /* as conf_application.numbers */
    size_t count;
};

struct conf {
    const char *path;
    struct {
        struct conf_listen *listen;
        size_t listen_count;
        const char *advertise, *domain;
        bool nat; /* peers behind one are looked for */
        struct {
            const char *certificate, *key, *ca;
            bool verify;
            enum conf_tls_clients clients;
        } tls;
        unsigned drain_seconds;
        const char *digest;                   /* "MD5", "SHA-256" or "both" */
        bool is_registrar;                    /* users' phones may register */
        struct conf_network *registrar_allow; /* from there */
        size_t registrar_allow_count;
        const char **dns; /* servers, "ADDRESS:PORT"; none: the system's */
        size_t dns_count;
    } sip;
    struct {
        const char *address, *advertise;
        const char *address6, *advertise6; /* the same for IPv6, beside an IPv4 one; "": none */
        uint16_t port_low, port_high;
        unsigned workers;
        const char **codecs; /* "PCMU", "L16/8000": as offer_add() takes them */
        size_t codec_count;
        bool prefer_ours;         /* in our answers */
        unsigned silence_timeout; /* [s] */
        bool pin, straight;
        unsigned part_limit; /* weight, as workers_conf.part_limit */
    } rtp;
    struct {
        struct conf_listen listen; /* transport "tcp" */
        const char *public_url, *api_key, *api_secret, *signature_secret;
        struct {
            const char *certificate, *key;
        } tls;
    } http;
    struct {
        const char *url;
    } store;
    struct {
        const char *sounds, *recordings;
        unsigned cache_mb, retention, timeout; /* [MiB], [days], [ms] */
    } media;
    struct {
        struct {
            const char *url, *method, *authorization, *format, *scope;
            const char **headers; /* NULL-ended pairs name, value; or NULL */
            const char **voices;  /* "en-US/1=voice" */
            size_t voice_count;
            unsigned connect_timeout, timeout; /* [ms] */
        } engine;
    } speech;
    struct {
        struct conf_network *allow;
        size_t allow_count;
        unsigned connect_timeout, answer_timeout, event_timeout; /* [ms] */
        unsigned give_up;                                        /* [s] an event is tried */
        bool is_extended; /* fields that came to the Voice API later are sent too */
    } webhook;
    struct {
        unsigned legs, calls_per_second, calls_per_second_per_source, outgoing_per_second;
        unsigned challenges_per_second_per_source;
        unsigned lag; /* [ms] */
    } limits;
    struct conf_recogniser recogniser;
    struct conf_numbers test[CONF_TESTS];
    struct conf_application *applications;
    size_t application_count;
    struct conf_trunk *trunks;
    size_t trunk_count;
    struct conf_tariff *tariff;
    size_t tariff_count;
    struct {
        enum log_level level;
    } log;
};

/* Reads a file; NULL or "" path: all defaults. On failure error holds one or more
 * lines `FILE:LINE: what is wrong`. 0, ENOENT, EINVAL or ENOMEM. */
int conf_read(struct conf **conf, const char *path, char error[CONF_ERROR]);

/* Is the address in one of the networks? (IPv4-mapped IPv6 counts as IPv4.) */
bool conf_network_has(const struct conf_network *networks, size_t count,
                      const struct sockaddr_storage *address);
/* Parses one network. False: it is none. */
bool conf_network_parse(const char *text, struct conf_network *network);

/* Keeps digits of a number only (+, spaces and separators go). False: it has others. */
bool conf_digits(const char *number, char *out, size_t size);

/* The number as the first rule that fits has it, or as it is; spaces and separators go. False: it
 * is too long. */
bool conf_rewrite(const struct conf_rewrite *rules, size_t count, const char *number, char *out,
                  size_t size);

/* Where calls to the number of the application go on to; NULL: they are its own. */
const char *conf_forward_of(const struct conf_application *application, const char *digits);
/* Is it a number, or in a range, of the application? */
bool conf_application_has(const struct conf_application *application, const char *digits);
/* The application whose number (or longest range) it is; NULL: none. */
const struct conf_application *conf_application_of(const struct conf *conf, const char *digits);
/* False: it is no number of `test`. */
bool conf_test_of(const struct conf *conf, const char *digits, enum conf_test *test);
const struct conf_application *conf_application_find(const struct conf *conf, const char *id);
/* The trunk of that name, or the first one with a proxy at that host (with port or not); NULL:
 * none. */
const struct conf_trunk *conf_trunk_named(const struct conf *conf, const char *name);
/* The first one that takes extensions; NULL: none. */
const struct conf_trunk *conf_trunk_of_extensions(const struct conf *conf);
/* The trunk with the longest matching prefix; NULL: none. */
const struct conf_trunk *conf_trunk_of(const struct conf *conf, const char *digits);
/* The trunk that allows calls from the address, by its smallest network; NULL: none. */
const struct conf_trunk *conf_trunk_from(const struct conf *conf,
                                         const struct sockaddr_storage *address);

/* The trunk whose callers from the address prove to be `user`; NULL: none. */
const struct conf_trunk *conf_trunk_of_caller(const struct conf *conf,
                                              const struct sockaddr_storage *address,
                                              const char *user);

/* May the application dial the number? A refused prefix counts as well behind an international
 * access code (00, 011). */
bool conf_application_may_dial(const struct conf_application *application, const char *digits);

/* The row of the longest prefix of the far number ("" when it is withheld), one for the
 * direction before one for both; NULL: none. */
const struct conf_tariff *conf_tariff_of(const struct conf *conf, const char *digits,
                                         const char *direction);

/* Writes the sample configuration, every key with its default and help. */
void conf_write_sample(void *stdio_file);

#endif
