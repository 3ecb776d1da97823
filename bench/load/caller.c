/* caller.c: the socket all calls share, and whom a message is for. */
#include "bench/load/caller.h"
#include "base/clock.h"
#include "bench/load/call.h"
#include "bench/load/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

enum { PACKET_MAX = 65536 };

/* Our Call-IDs are NUMBER-KEY@IP. */
static struct call *call_of(const struct caller *caller, const struct message *message)
{
    struct text id = message_header(message, "Call-ID", "i", 0);
    char copy[64];
    unsigned number, key;

    snprintf(copy, sizeof copy, "%.*s", (int)id.size, id.at);
    if (sscanf(copy, "%u-%x@", &number, &key) != 2 || key != caller->key ||
        number >= caller->count || !caller->calls[number].caller)
        return NULL;
    return &caller->calls[number];
}

static void take(struct caller *caller, const char *packet, size_t size, int64_t arrived)
{
    struct message message;
    struct call *call;

    if (!message_read(&message, packet, size))
        return;
    call = call_of(caller, &message);
    if (call && message.status)
        call_response(call, &message, arrived);
    else if (call)
        call_request(call, &message);
    else if (!message.status && !text_is(message.method, "ACK"))
        send_reply(caller, NULL, &message, text_is(message.method, "OPTIONS") ? 200 : 481,
                   text_is(message.method, "OPTIONS") ? "OK" : "Call Does Not Exist");
}

static void read_some(void *arg)
{
    struct caller *caller = arg;
    char packet[PACKET_MAX];
    int64_t arrived;

    for (;;) {
        ssize_t size = wire_read(caller->watcher.fd, packet, sizeof packet, &arrived);

        if (size < 0)
            return;
        take(caller, packet, (size_t)size, arrived);
    }
}

int caller_open(struct caller *caller, const struct sockaddr_in *server, const char *local_ip,
                unsigned calls, int64_t timeout, const struct caller_events *events, void *arg)
{
    char ip[INET_ADDRSTRLEN];
    int err;

    caller->watcher = (struct watcher){read_some, caller, -1};
    caller->server = *server;
    caller->timeout = timeout;
    caller->events = *events;
    caller->arg = arg;
    caller->count = calls;
    caller->local = (struct sockaddr_in){.sin_family = AF_INET};
    if (inet_pton(AF_INET, local_ip, &caller->local.sin_addr) != 1)
        return EINVAL;
    inet_ntop(AF_INET, &server->sin_addr, ip, sizeof ip);
    snprintf(caller->server_text, sizeof caller->server_text, "%s:%u", ip, ntohs(server->sin_port));
    snprintf(caller->local_ip, sizeof caller->local_ip, "%s", local_ip);
    if (getrandom(&caller->key, sizeof caller->key, 0) < 0)
        return errno;
    caller->calls = calloc(calls, sizeof *caller->calls);
    if (!caller->calls)
        return ENOMEM;
    err = wire_open(&caller->watcher.fd, &caller->local);
    caller->local_port = ntohs(caller->local.sin_port);
    return err;
}

void caller_close(struct caller *caller)
{
    timers_free(&caller->timers);
    free(caller->calls);
    if (caller->calls && caller->watcher.fd >= 0)
        close(caller->watcher.fd);
}

void caller_invite(struct caller *caller, unsigned number, const char *to, uint16_t rtp_port)
{
    struct call *call = &caller->calls[number];

    call->caller = caller;
    call->to = to;
    call->rtp_port = rtp_port;
    call_invite(call);
}

void caller_bye(struct caller *caller, unsigned number)
{
    call_bye(&caller->calls[number]);
}

void caller_tick(struct caller *caller)
{
    timers_run(&caller->timers, clock_mono_ms());
}
