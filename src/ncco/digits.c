/* digits.c: who is told of each key of a call as it comes (asynchronous DTMF): by REST one URL,
 * by the flow's asynchronous inputs any number. The same URL is told once. */
#include "ncco/private.h"

#include <errno.h>
#include <string.h>

struct watcher {
    struct list node;
    char *url, *method; /* NULL: those of the application */
    bool of_rest, of_flow;
};

static void destroy(void *obj)
{
    struct watcher *watcher = obj;

    mem_unref(watcher->url);
    mem_unref(watcher->method);
}

/* Where it goes in the end; "": nowhere. */
static const char *resolve(const struct call *call, const char *url)
{
    const struct conf_application *conf = application_conf(call->application);

    if (url)
        return url;
    return conf && conf->voice.event_url ? conf->voice.event_url : "";
}

static struct watcher *find(const struct call *call, const char *url)
{
    list_each (node, &call->watchers) {
        struct watcher *watcher = list_entry(node, struct watcher, node);

        if (strcmp(resolve(call, watcher->url), resolve(call, url)) == 0)
            return watcher;
    }
    return NULL;
}

static int add(struct call *call, const char *url, const char *method, struct watcher **watcherp)
{
    struct watcher *watcher = mem_alloc(sizeof *watcher, destroy);

    if (!watcher)
        return ENOMEM;
    watcher->url = mem_strdup(url);
    watcher->method = mem_strdup(method);
    if ((url && !watcher->url) || (method && !watcher->method)) {
        mem_unref(watcher);
        return ENOMEM;
    }
    list_append(&call->watchers, &watcher->node);
    *watcherp = watcher;
    return 0;
}

/* Whom nobody wants told any more. */
static void prune(struct call *call)
{
    list_each (node, &call->watchers) {
        struct watcher *watcher = list_entry(node, struct watcher, node);

        if (watcher->of_rest || watcher->of_flow)
            continue;
        list_remove(&watcher->node);
        mem_unref(watcher);
    }
}

/* Found or added; the last method that was said is the one. */
static int watch(struct call *call, const char *url, const char *method, struct watcher **watcher)
{
    char *copy;

    *watcher = find(call, url);
    if (!*watcher)
        return add(call, url, method, watcher);
    copy = mem_strdup(method);
    if (method && !copy)
        return ENOMEM;
    mem_unref((*watcher)->method);
    (*watcher)->method = copy;
    return 0;
}

static void tell(struct call *call, const struct watcher *watcher, char digit)
{
    const char text[2] = {digit, '\0'};
    struct webhook_event event = {
        .application = application_id(call->application),
        .lane = leg_id(call->leg),
        .url = watcher->url,
        .method = watcher->method ? watcher->method : "POST",
        .fields = json_pack("{s:{s:s,s:b}}", "dtmf", "digits", text, "timed_out", 0),
    };

    fields_of_call(call, event.fields);
    notice_send(call->calls, call->application, &event);
}

int digits_watch(struct call *call, const char *url, const char *method)
{
    struct watcher *watcher;
    bool knows;
    int err;

    if (!url) {
        url = call->event_url;
        method = call->event_method;
    }
    knows = find(call, url) != NULL;
    err = watch(call, url, method, &watcher);
    if (err)
        return err;
    watcher->of_flow = true;
    for (const char *key = call->ahead; *key && !knows; key++)
        tell(call, watcher, *key);
    return 0;
}

int call_watch_digits(struct call *call, const char *url, const char *method)
{
    struct watcher *watcher = NULL;
    int err = url ? watch(call, url, method ? method : "POST", &watcher) : 0;

    if (err)
        return err;
    list_each (node, &call->watchers) {
        struct watcher *other = list_entry(node, struct watcher, node);

        other->of_rest = other == watcher;
        if (!url)
            other->of_flow = false;
    }
    prune(call);
    return 0;
}

void digits_stop(struct call *call, enum task_stop why)
{
    if (why == TASK_REPLACED)
        return;
    list_each (node, &call->watchers)
        list_entry(node, struct watcher, node)->of_flow = false;
    prune(call);
}

void digits_free(struct call *call)
{
    list_each (node, &call->watchers)
        mem_unref(list_entry(node, struct watcher, node));
}

void digits_told(struct call *call, char digit)
{
    list_each (node, &call->watchers)
        tell(call, list_entry(node, struct watcher, node), digit);
}
