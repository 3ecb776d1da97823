/* demo_application.c: the demo's application server: answers the answer webhook with
 * an NCCO and takes the event webhooks, which are posted to the control thread. */
#include "cli/demo.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { BODY_LIMIT = 1 << 20 };

static const char connect_ncco[] =
    "[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"" DEMO_CALLEE "\"}]}]";
static const char lobby_ncco[] = "[{\"action\":\"stream\",\"streamUrl\":[\"sound:welcome\"]},"
                                 "{\"action\":\"stream\",\"streamUrl\":[\"sound:hold\"]},"
                                 "{\"action\":\"conversation\",\"name\":\"lobby\"}]";

/* A webhook on its way from the HTTP thread. */
struct arrival {
    struct demo *demo;
    struct demo_hook *hook;
};

static void hook_destroy(void *obj)
{
    struct demo_hook *hook = obj;

    mem_unref(hook->method);
    mem_unref(hook->query);
    json_decref(hook->fields);
}

static void note(struct demo *demo, const struct demo_hook *hook)
{
    bool is_inbound = strcmp(demo_field(hook, "direction"), "inbound") == 0;
    struct demo_side *side = is_inbound ? &demo->caller : &demo->callee;

    if (!hook->answer && *demo_field(hook, "status") && !*side->uuid)
        snprintf(side->uuid, sizeof side->uuid, "%s", demo_field(hook, "uuid"));
    if (!*demo->conversation)
        snprintf(demo->conversation, sizeof demo->conversation, "%s",
                 demo_field(hook, "conversation_uuid"));
}

static void arrive(void *arg)
{
    struct arrival *arrival = arg;
    struct demo *demo = arrival->demo;

    list_append(&demo->hooks, &arrival->hook->node);
    demo->hook_count++;
    note(demo, arrival->hook);
    demo_hook_print(demo, arrival->hook);
    mem_unref(arrival);
}

/* What a caller sent may not write to the terminal as it likes. */
static void tame(json_t *fields)
{
    const char *name;
    json_t *value;

    json_object_foreach (fields, name, value) {
        char *text = mem_strdup(json_string_value(value));

        for (char *c = text; c && *c; c++) {
            if ((unsigned char)*c < 0x20 || *c == 0x7f)
                *c = '?';
        }
        if (text)
            json_string_set(value, text);
        mem_unref(text);
    }
}

static json_t *fields_of(struct rest_request *request)
{
    static const char *const names[] = {"to", "from", "conversation_uuid", "uuid"};
    size_t size;
    const char *body = rest_body(request, &size);
    json_t *fields;

    if (size)
        return json_loadb(body, size, 0, NULL);
    fields = json_object();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = rest_query(request, names[i]);

        if (value)
            json_object_set_new(fields, names[i], json_string(value));
    }
    return fields;
}

static bool keep(struct demo *demo, struct rest_request *request, bool answer)
{
    struct demo_hook *hook = mem_alloc(sizeof *hook, hook_destroy);
    struct arrival *arrival = mem_alloc(sizeof *arrival, NULL);

    if (hook) {
        hook->at = clock_mono_ms();
        hook->answer = answer;
        hook->method = mem_strdup(rest_method(request));
        hook->query = mem_strdup(rest_query_text(request));
        hook->fields = fields_of(request);
        tame(hook->fields);
    }
    if (hook && hook->fields && arrival) {
        *arrival = (struct arrival){demo, hook};
        if (loop_post(demo->loop, arrive, arrival) == 0)
            return true;
    }
    mem_unref(hook);
    mem_unref(arrival);
    return false;
}

/* HTTP thread. */
static void on_request(struct rest_request *request, void *arg)
{
    const char *path = rest_path(request), *to, *ncco;
    bool answer = strcmp(path, "/webhooks/answer") == 0;

    if (!answer && strcmp(path, "/webhooks/event") != 0) {
        rest_reply(request, 404, "application/json", "{}", 2, NULL);
    } else if (!keep(arg, request, answer)) {
        rest_reply(request, 400, "application/json", "{}", 2, NULL);
    } else if (answer) {
        to = rest_query(request, "to");
        ncco = to && strcmp(to, DEMO_LOBBY) == 0 ? lobby_ncco : connect_ncco;
        rest_reply(request, 200, "application/json", ncco, strlen(ncco), NULL);
    } else {
        rest_reply(request, 204, NULL, NULL, 0, NULL);
    }
}

static char *on_refuse(int status, const char *path, void *arg)
{
    (void)status;
    (void)path;
    (void)arg;
    return mem_strdup("{}");
}

int demo_application_start(struct demo *demo)
{
    const struct rest_conf conf = {.host = "127.0.0.1", .body_limit = BODY_LIMIT};
    const struct rest_handlers handlers = {on_request, on_refuse, demo};
    int err = rest_start(&demo->rest, &conf, &handlers);

    if (err)
        demo_check(demo, false, "demo", "no application server: %s", strerror(err));
    return err;
}

void demo_application_stop(struct demo *demo)
{
    if (demo->rest)
        rest_stop(demo->rest);
    demo->rest = mem_unref(demo->rest);
    loop_run(demo->loop); /* takes what was posted last */
    list_each (node, &demo->hooks) {
        list_remove(node);
        mem_unref(list_entry(node, struct demo_hook, node));
    }
}

const char *demo_field(const struct demo_hook *hook, const char *name)
{
    const char *text = json_string_value(json_object_get(hook->fields, name));

    return text ? text : "";
}

const struct demo_hook *demo_hook_find(const struct demo *demo, const char *direction,
                                       const char *status)
{
    list_each (node, &demo->hooks) {
        const struct demo_hook *hook = list_entry(node, struct demo_hook, node);

        if (!hook->answer && strcmp(demo_field(hook, "direction"), direction) == 0 &&
            strcmp(demo_field(hook, "status"), status) == 0)
            return hook;
    }
    return NULL;
}
