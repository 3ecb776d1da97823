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

struct conf_application {
    const char *id, *name;
    const char *public_key; /* PEM text (a file named in the conf was read) */
    struct {
        const char *answer_url, *answer_method;
        const char *ncco; /* JSON text (a file named in the conf was read); "": none */
        const char *fallback_answer_url;
        const char *event_url, *event_method;
        bool is_signed;
    } voice;
    struct {
        const char *event_url, *event_method; /* method NULL: POST */
        bool is_signed;
    } rtc;
    unsigned leg_persistence;   /* [days] ended legs stay; 0: 7 */
    unsigned conversations_ttl; /* [h] a conversation stays active; 0: for ever */
    const char **numbers;       /* "15550100002", "1555020*" */
    size_t number_count;
};

struct conf_trunk {
    const char *name;
    const char **proxies; /* SIP URIs in order of trial; at least one */
    size_t proxy_count;
    const char *username, *password, *from_domain, *srtp;
    bool is_register, takes_extensions;
    const char **prefixes;
    size_t prefix_count;
    struct conf_network *allow;
    size_t allow_count;
};

/* Speech as text: url or model; neither: no engine. */
struct conf_recogniser {
    const char *url;                   /* of a server (doc/engines.md) */
    const char **headers;              /* sent there: NULL-ended pairs name, value; or NULL */
    const char *model;                 /* PocketSphinx's folder of en-us */
    unsigned connect_timeout, timeout; /* [ms] */
    unsigned concurrency, queue;       /* requests at once, and waiting */
};

struct conf {
    const char *path;
    struct {
        struct conf_listen *listen;
        size_t listen_count;
        const char *advertise, *domain;
        struct {
            const char *certificate, *key, *ca;
        } tls;
        unsigned drain_seconds;
    } sip;
    struct {
        const char *address, *advertise;
        uint16_t port_low, port_high;
        unsigned workers;
        const char **codecs;
        size_t codec_count;
        unsigned silence_timeout; /* [s] */
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
        unsigned cache_mb, retention; /* [MiB], [days] */
    } media;
    struct {
        struct conf_network *allow;
        size_t allow_count;
        unsigned connect_timeout, answer_timeout, event_timeout; /* [ms] */
    } webhook;
    struct {
        unsigned legs, calls_per_second, calls_per_second_per_source, outgoing_per_second;
    } limits;
    struct conf_recogniser recogniser;
    struct conf_application *applications;
    size_t application_count;
    struct conf_trunk *trunks;
    size_t trunk_count;
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

/* Is it a number, or in a range, of the application? */
bool conf_application_has(const struct conf_application *application, const char *digits);
/* The application whose number (or longest range) it is; NULL: none. */
const struct conf_application *conf_application_of(const struct conf *conf, const char *digits);
const struct conf_application *conf_application_find(const struct conf *conf, const char *id);
/* The trunk of that name, or the first one with a proxy at that host (with port or not); NULL:
 * none. */
const struct conf_trunk *conf_trunk_named(const struct conf *conf, const char *name);
/* The first one that takes extensions; NULL: none. */
const struct conf_trunk *conf_trunk_of_extensions(const struct conf *conf);
/* The trunk with the longest matching prefix; NULL: none. */
const struct conf_trunk *conf_trunk_of(const struct conf *conf, const char *digits);

/* Writes the sample configuration, every key with its default and help. */
void conf_write_sample(void *stdio_file);

#endif
