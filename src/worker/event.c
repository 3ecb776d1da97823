/* event.c: what workers tell control: one ring for all of them, so that the events
 * of a port keep their order when it moves. Control is woken once for many. When
 * the ring is full (control has not looked for seconds) events wait in a list of
 * the worker, are counted, and are never lost. */
#include "base/mem.h"
#include "worker/private.h"

#include <stdlib.h>
#include <string.h>

struct backlog {
    struct backlog *next;
    struct event event;
};

void event_push(struct worker *worker, const struct event *event)
{
    struct backlog *entry;

    worker->told = true;
    if (!worker->backlog && ring_push(worker->workers->events, event))
        return;
    atomic_fetch_add_explicit(&worker->ring_full, 1, memory_order_relaxed);
    entry = malloc(sizeof *entry);
    if (!entry)
        return;
    *entry = (struct backlog){.event = *event};
    if (!worker->backlog)
        worker->backlog_end = &worker->backlog;
    *worker->backlog_end = entry;
    worker->backlog_end = &entry->next;
}

static void wake(void *arg)
{
    struct workers *workers = arg;

    atomic_store(&workers->posted, false);
    event_drain(workers);
    mem_unref(workers);
}

void event_flush(struct worker *worker)
{
    struct workers *workers = worker->workers;

    while (worker->backlog && ring_push(workers->events, &worker->backlog->event)) {
        struct backlog *entry = worker->backlog;

        worker->backlog = entry->next;
        free(entry);
        worker->told = true;
    }
    if (!worker->told)
        return;
    worker->told = false;
    if (atomic_exchange(&workers->posted, true))
        return;
    workers->wake.run = wake;
    workers->wake.arg = mem_ref(workers);
    loop_post_task(workers->control, &workers->wake);
}

static void tell_problem(const struct event *event, const struct media_events *events, void *arg)
{
    struct stream_trouble trouble = {.problem = (enum stream_problem)event->value,
                                     .on = event->on,
                                     .type_count = event->type_count};

    memcpy(trouble.types, event->types, sizeof trouble.types);
    memcpy(&trouble.from, &event->from, sizeof event->from);
    if (events->problem)
        events->problem(&trouble, arg);
}

static void tell(const struct event *event)
{
    static const struct media_events none;
    struct port *port = event->port; /* NULL: what nobody hears of */
    const struct media_events *events = port ? &port->events : &none;
    void *arg = port ? port->arg : NULL;
    struct sockaddr_storage from = {0};

    switch (event->kind) {
    case EVENT_LATCHED:
        memcpy(&from, &event->from, sizeof event->from);
        if (events->latched)
            events->latched(&from, arg);
        break;
    case EVENT_DIGIT:
        if (events->digit)
            events->digit(event->digit, event->value, arg);
        break;
    case EVENT_PLAYED:
        mem_unref(event->held);
        if (events->played)
            events->played(event->value, event->completed, arg);
        break;
    case EVENT_DIALLED:
        if (events->dialled)
            events->dialled(arg);
        break;
    case EVENT_SILENT:
        if (events->silent)
            events->silent(arg);
        break;
    case EVENT_SPEAKING:
        if (events->speaking)
            events->speaking(event->on, arg);
        break;
    case EVENT_DETECTED:
        if (events->detected && event->value == port->detection)
            events->detected(event->verdict, event->reason, arg);
        break;
    case EVENT_PROBLEM:
        tell_problem(event, events, arg);
        break;
    case EVENT_STATS:
        measuring_tell(port, event->held);
        command_free(event->held);
        break;
    case EVENT_SPENT:
        command_free(event->held);
        break;
    case EVENT_RELEASE:
        mem_unref(event->held);
        break;
    case EVENT_CLOSED:
        port_ended(port);
        break;
    }
}

void event_drain(struct workers *workers)
{
    struct event event;

    while (ring_pop(workers->events, &event))
        tell(&event);
}

void event_abandon(struct worker *worker)
{
    while (worker->backlog) {
        struct backlog *entry = worker->backlog;

        worker->backlog = entry->next;
        tell(&entry->event);
        free(entry);
    }
}
