/* demo.h: the insides of `offhook demo`: a real daemon as a child process, two SIP
 * phones and an application server of our own, and the script of one call. All on
 * the control thread, which waits by turning its loop. */
#ifndef OFFHOOK_CLI_DEMO_H
#define OFFHOOK_CLI_DEMO_H

#include "base/list.h"
#include "base/loop.h"
#include "cli/client.h"
#include "cli/phone.h"
#include "http/rest.h"
#include "ua/root.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define DEMO_CALLER "15550100001"
#define DEMO_NUMBER "15550100002" /* its NCCO connects to the callee */
#define DEMO_CALLEE "15550100003"
#define DEMO_TESTS "1555010002"  /* 0: an echo, 1: a tone, 2: a milliwatt, 3: silence */
#define DEMO_LOBBY "15550100009" /* its NCCO is a conversation of its own */

enum {
    DEMO_TONE_CALLER = 400, /* [Hz] a fifth apart, both on the phones' grid */
    DEMO_TONE_CALLEE = 600,
    DEMO_AMPLITUDE = 11600, /* −9 dB of full scale */
    DEMO_RING_MS = 1000,    /* the callee lets it ring */
    DEMO_PATIENCE = 5000    /* [ms] that anything expected may take */
};

/* A request that reached our application server. */
struct demo_hook {
    struct list node;
    int64_t at;  /* monotonic [ms] */
    bool answer; /* the answer webhook, not an event */
    char *method;
    char *query; /* as sent */
    json_t *fields;
};

struct demo_side {
    struct demo *demo;
    const char *name, *number;
    unsigned tone, other_tone; /* [Hz] */
    struct phone *phone;
    struct line *line;
    int64_t answered, ended; /* monotonic [ms]; 0: not yet */
    char uuid[64];           /* of its leg */
    bool ringing, stopped;
    int status;  /* of its end */
    bool remote; /* the other side ended it */
};

struct demo {
    int64_t began; /* monotonic [ms] */
    bool tty, once;
    bool told; /* the summary was printed: nothing more is said */
    struct loop *loop;
    struct ua_root *root;

    char *directory, *key_path;
    char *program; /* offhookd */
    char app[37];
    pid_t daemon;           /* 0: none */
    int daemon_status;      /* of its end, as by wait() */
    char sip[64], http[64]; /* "127.0.0.1:40001" */

    struct rest *rest;
    struct client *client;
    struct demo_side caller, callee;

    struct list hooks; /* in order of arrival */
    unsigned hook_count;
    char conversation[64];

    struct list faults; /* what was not as expected */
    unsigned checks, fault_count;
};

/* demo_print.c: the timeline, silent once the user has broken off. A mark: neutral, as
 * expected, or not. */
enum demo_mark { DEMO_PLAIN, DEMO_RIGHT, DEMO_WRONG };
void demo_title(struct demo *demo, const char *text);
void demo_say(struct demo *demo, enum demo_mark mark, const char *who, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Says it and counts it; what is not ok is kept for the summary. Returns ok. */
bool demo_check(struct demo *demo, bool ok, const char *who, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void demo_hook_print(struct demo *demo, const struct demo_hook *hook);
/* The last words; returns the exit status. */
int demo_summary(struct demo *demo);
/* The end of an id, by which it is told from others. */
const char *demo_short(const char *id);
void demo_print_close(struct demo *demo);

/* demo.c. Turns the loop until the test holds or `timeout` [ms] is over (0: for
 * ever). False: it does not hold, the user broke off, or the daemon died. */
bool demo_wait(struct demo *demo, bool (*test)(void *arg), void *arg, int timeout);
bool demo_broken(const struct demo *demo); /* Ctrl-C */

/* demo_daemon.c: the daemon's files, its process. errno, after saying what failed. */
int demo_files(struct demo *demo);
int demo_daemon_start(struct demo *demo);
bool demo_daemon_alive(struct demo *demo);
/* Ends it, if need be by force. False: not in order, and its last words were told. */
bool demo_daemon_stop(struct demo *demo);
void demo_files_remove(struct demo *demo);

/* demo_application.c: the application server. */
int demo_application_start(struct demo *demo);
void demo_application_stop(struct demo *demo);
/* The first webhook of a leg with a status ("completed"), or NULL. */
const struct demo_hook *demo_hook_find(const struct demo *demo, const char *direction,
                                       const char *status);
const char *demo_field(const struct demo_hook *hook, const char *name); /* or "" */

/* demo_phones.c */
bool demo_phones_start(struct demo *demo);
int demo_phones_call(struct demo *demo); /* the caller calls; errno */
void demo_phones_stop(struct demo *demo);

/* demo_hear.c. Waits until the side hears the tone (0: silence, with packets) and
 * nothing else; counts it as a check. why completes the sentence. */
bool demo_hears(struct demo *demo, struct demo_side *side, unsigned hz, const char *why);
/* The same, telling also how long after `since` (wall [ns]) the side heard `tone` last. */
bool demo_falls_silent(struct demo *demo, struct demo_side *side, unsigned tone, int64_t since,
                       const char *why);

/* demo_call.c: the script. False: it could not go on. */
bool demo_call(struct demo *demo);

#endif
