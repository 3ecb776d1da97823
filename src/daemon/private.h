/* private.h: the whole house, for the files that put it together. */
#ifndef OFFHOOK_DAEMON_PRIVATE_H
#define OFFHOOK_DAEMON_PRIVATE_H

#include "api/api.h"
#include "base/loop.h"
#include "daemon/daemon.h"
#include "http/fetch.h"
#include "ncco/call.h"
#include "net/limiter.h"
#include "player/loader.h"
#include "recogniser/recogniser.h"
#include "record/record.h"
#include "registrar/guard.h"
#include "registrar/registrar.h"
#include "rtc/rtc.h"
#include "speech/speech.h"
#include "store/store.h"
#include "trunk/trunk.h"
#include "ua/root.h"
#include "ua/ua.h"
#include "webhook/webhook.h"
#include "worker/worker.h"
#include "ws/ws.h"

struct lag {
    struct timer beat;
    int64_t late; /* [ms] the last one was */
    unsigned in_a_row;
    bool behind, told;
    uint64_t refused; /* calls, since */
};

struct daemon {
    struct conf *conf;  /* the newest */
    struct conf **kept; /* all that ever were in force */
    size_t kept_count;
    struct loop *loop;
    struct ua_root *root;
    struct store *store;
    struct fetch *fetch;
    struct webhook *webhook;
    struct workers *workers;
    struct sockets *sockets;
    struct loader *loader;
    struct speech *speech;
    struct recogniser *recogniser;
    struct recorder *recorder;
    struct ua *ua;
    struct trunks *trunks;
    struct bridge *bridge;
    struct rtc *rtc;
    struct calls *calls;
    struct api *api;
    struct limiter *all, *each; /* calls a second; NULL: no limit */
    struct limiter *challenges; /* requests that are asked for a password, of each source */
    struct guard *guard;
    struct registrar *registrar;
    struct timer drain, poll, prune;
    struct lag lag;
    int64_t end; /* monotonic [ms] when patience with the last legs ends */
    bool draining, stopping, ua_down, verbose;
};

/* start.c */
/* The fetch thread, and texts of calls that are up, may still read an old one: all stay
 * until the end. Takes the reference on success. */
int daemon_keep(struct daemon *daemon, struct conf *conf);
struct ua_tls daemon_tls(const struct conf *conf);
void daemon_log_level(const struct daemon *daemon);
/* For recordings that no request of REST asks for. ENOMEM: it is as before. */
int daemon_tell_origin(struct daemon *daemon, const struct conf *conf);

/* admit.c: who may call, and how often */
enum ua_verdict daemon_admit(const struct sockaddr_storage *from, const char *method, void *arg);
void daemon_make_limiters(struct daemon *daemon);
/* For who is asked: the password of a trunk's caller, or of a user whose phone may be there. */
bool daemon_secret(const struct sockaddr_storage *from, const char *user, char *password,
                   size_t size, void *arg);
void daemon_tried(const struct sockaddr_storage *from, const char *user, bool right, void *arg);

/* phones.c: REGISTER of who has proved to be a user's phone */
void daemon_registering(const struct ua_registering *request, struct ua_registered *answer,
                        void *arg);

/* lag.c: is control too far behind for new calls? Counts who is refused. */
void lag_start(struct daemon *daemon);
bool lag_refuses(struct daemon *daemon);

/* prune.c: once every PRUNE_MS */
enum { PRUNE_MS = 60000 };
void daemon_prune(void *arg);

#endif
