/* call.c: offhook call: makes, lists, shows and steers calls (Voice API v1). */
#include "cli/command.h"
#include "cli/file.h"
#include "cli/remote.h"

#include "base/mem.h"
#include "http/fetch.h"

#include <stdio.h>
#include <string.h>

/* JSON of an option: the text itself, or @FILE. */
static json_t *json_of(const char *option)
{
    json_error_t where;
    char *text = NULL;
    json_t *json;

    if (*option == '@') {
        int err = file_read(&text, option + 1);

        if (err) {
            command_fail(0, "%s: %s", option + 1, strerror(err));
            return NULL;
        }
        option = text;
    }
    json = json_loads(option, 0, &where);
    if (!json)
        command_fail(0, "not JSON: %s at line %d column %d", where.text, where.line, where.column);
    mem_unref(text);
    return json;
}

static json_t *endpoint_of(const char *to)
{
    if (strncmp(to, "sip:", 4) == 0 || strncmp(to, "sips:", 5) == 0)
        return json_pack("{ss ss}", "type", "sip", "uri", to);
    return json_pack("{ss ss}", "type", "phone", "number", to);
}

struct create {
    const char *to, *from, *ncco, *answer_url, *event_url;
};

static int create_body(const struct create *wish, json_t **bodyp)
{
    json_t *body, *ncco;

    if (!wish->to || !wish->ncco == !wish->answer_url)
        return command_fail(COMMAND_USAGE,
                            "call create needs --to, and either --ncco or --answer-url");
    body = json_pack("{s[o]}", "to", endpoint_of(wish->to));
    if (wish->from)
        json_object_set_new(body, "from", endpoint_of(wish->from));
    else
        json_object_set_new(body, "random_from_number", json_true());
    if (wish->event_url)
        json_object_set_new(body, "event_url", json_pack("[s]", wish->event_url));
    if (wish->answer_url) {
        json_object_set_new(body, "answer_url", json_pack("[s]", wish->answer_url));
    } else {
        ncco = json_of(wish->ncco);
        if (!ncco) {
            json_decref(body);
            return COMMAND_USAGE;
        }
        json_object_set_new(body, "ncco", ncco);
    }
    *bodyp = body;
    return 0;
}

static int create(struct remote *remote, int argc, char **argv)
{
    struct create wish = {.to = command_option(&argc, argv, "--to"),
                          .from = command_option(&argc, argv, "--from"),
                          .ncco = command_option(&argc, argv, "--ncco"),
                          .answer_url = command_option(&argc, argv, "--answer-url"),
                          .event_url = command_option(&argc, argv, "--event-url")};
    json_t *body = NULL, *reply;
    int status;

    if (argc != 1)
        return argc < 0 ? COMMAND_USAGE
                        : command_fail(COMMAND_USAGE, "call create takes no `%s`", argv[1]);
    status = create_body(&wish, &body);
    if (status)
        return status;
    status = remote_ask(remote, "POST", "/v1/calls", body, &reply);
    if (!status && !remote->json)
        printf("%s  %s  %s\n", remote_text(reply, "uuid", NULL), remote_text(reply, "status", NULL),
               remote_text(reply, "conversation_uuid", NULL));
    json_decref(body);
    json_decref(reply);
    return status;
}

static int list(struct remote *remote, int argc, char **argv)
{
    const char *wanted = command_option(&argc, argv, "--status");
    char *escaped = wanted ? fetch_escape(wanted) : NULL, *path;
    json_t *reply, *call;
    size_t i;
    int status;

    if (argc != 1) {
        mem_unref(escaped);
        return command_fail(COMMAND_USAGE, "call list [--status STATUS]");
    }
    path = mem_printf("/v1/calls?page_size=100&order=desc%s%s", escaped ? "&status=" : "",
                      escaped ? escaped : "");
    status = remote_ask(remote, "GET", path, NULL, &reply);
    json_array_foreach (json_object_get(json_object_get(reply, "_embedded"), "calls"), i, call) {
        if (!remote->json)
            printf("%-36s  %-8s  %-10s  %s → %s\n", remote_text(call, "uuid", NULL),
                   remote_text(call, "direction", NULL), remote_text(call, "status", NULL),
                   remote_endpoint(json_object_get(call, "from")),
                   remote_endpoint(json_object_get(call, "to")));
    }
    json_decref(reply);
    mem_unref(path);
    mem_unref(escaped);
    return status;
}

static void print_call(const json_t *call)
{
    static const char *const keys[] = {"uuid",       "status",   "direction", "conversation_uuid",
                                       "start_time", "end_time", "duration",  "price",
                                       "network"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (*remote_text(call, keys[i], NULL))
            printf("%-18s %s\n", keys[i], remote_text(call, keys[i], NULL));
    }
    printf("%-18s %s\n", "from", remote_endpoint(json_object_get(call, "from")));
    printf("%-18s %s\n", "to", remote_endpoint(json_object_get(call, "to")));
}

static char *path_of(int argc, char **argv)
{
    if (argc == 2 && remote_is_id(argv[1]))
        return mem_printf("/v1/calls/%s", argv[1]);
    command_fail(0, "call %s needs the uuid of one call", argv[0]);
    return NULL;
}

static int show(struct remote *remote, int argc, char **argv)
{
    char *path = path_of(argc, argv);
    json_t *reply;
    int status;

    if (!path)
        return COMMAND_USAGE;
    status = remote_ask(remote, "GET", path, NULL, &reply);
    if (!status && !remote->json)
        print_call(reply);
    json_decref(reply);
    mem_unref(path);
    return status;
}

static double figure(const json_t *quality, const char *group, const char *name)
{
    return json_number_value(json_object_get(json_object_get(quality, group), name));
}

static void print_quality(const json_t *reply)
{
    const json_t *quality = json_object_get(reply, "quality");
    const json_t *problem = json_object_get(reply, "problem");

    if (problem)
        printf("%-18s %s since %s\n", "problem", remote_text(problem, "name", NULL),
               remote_text(problem, "since", NULL));
    if (!json_is_object(quality)) {
        printf("%-18s none\n", "sound");
        return;
    }
    printf("%-18s %.2f (R %.1f)\n", "mos", json_number_value(json_object_get(quality, "mos")),
           json_number_value(json_object_get(quality, "r_factor")));
    printf("%-18s %.0f, lost %.0f (%.2f %%), late %.0f\n", "packets",
           figure(quality, "packets", "received"), figure(quality, "packets", "lost"),
           json_number_value(json_object_get(quality, "loss")), figure(quality, "packets", "late"));
    printf("%-18s %.1f ms, at most %.1f ms\n", "jitter", figure(quality, "jitter", "now"),
           figure(quality, "jitter", "max"));
    printf("%-18s %.0f ms\n", "round trip",
           json_number_value(json_object_get(quality, "round_trip")));
    printf("%-18s %.1f ms, p99 %.1f ms\n", "through the bridge",
           figure(quality, "bridge_delay", "p50"), figure(quality, "bridge_delay", "p99"));
}

static int quality(struct remote *remote, int argc, char **argv)
{
    char *call = path_of(argc, argv), *path = call ? mem_printf("%s/quality", call) : NULL;
    json_t *reply;
    int status;

    if (!path) {
        mem_unref(call);
        return COMMAND_USAGE;
    }
    status = remote_ask(remote, "GET", path, NULL, &reply);
    if (!status && !remote->json)
        print_quality(reply);
    json_decref(reply);
    mem_unref(path);
    mem_unref(call);
    return status;
}

/* hangup, mute, unmute, earmuff, unearmuff: the command's name is the action's. */
static int act(struct remote *remote, int argc, char **argv)
{
    char *path = path_of(argc, argv);
    json_t *reply, *body;
    int status;

    if (!path)
        return COMMAND_USAGE;
    body = json_pack("{ss}", "action", argv[0]);
    status = remote_ask(remote, "PUT", path, body, &reply);
    json_decref(body);
    json_decref(reply);
    mem_unref(path);
    return status;
}

static int transfer(struct remote *remote, int argc, char **argv)
{
    const char *ncco = command_option(&argc, argv, "--ncco");
    const char *url = command_option(&argc, argv, "--answer-url");
    json_t *flow, *body, *reply;
    char *path;
    int status;

    if (argc >= 0 && !ncco == !url)
        return command_fail(COMMAND_USAGE, "call transfer needs either --ncco or --answer-url");
    path = argc < 0 ? NULL : path_of(argc, argv);
    if (!path)
        return COMMAND_USAGE;
    flow = url ? json_pack("[s]", url) : json_of(ncco);
    if (!flow) {
        mem_unref(path);
        return COMMAND_USAGE;
    }
    body = json_pack("{ss s{ss so}}", "action", "transfer", "destination", "type", "ncco",
                     url ? "url" : "ncco", flow);
    status = remote_ask(remote, "PUT", path, body, &reply);
    json_decref(body);
    json_decref(reply);
    mem_unref(path);
    return status;
}

static struct {
    const char *name;
    int (*run)(struct remote *remote, int argc, char **argv);
} const verbs[] = {{"create", create}, {"list", list},        {"show", show},  {"quality", quality},
                   {"hangup", act},    {"mute", act},         {"unmute", act}, {"earmuff", act},
                   {"unearmuff", act}, {"transfer", transfer}};

static int run(int argc, char **argv)
{
    struct remote remote;
    int status = remote_open(&remote, &argc, argv);

    if (status)
        return status;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, argv[0]) == 0)
            status = verbs[i].run(&remote, argc, argv);
    }
    remote_close(&remote);
    return status;
}

static const struct command rows[] = {
    {"create", run,
     "--to NUMBER|URI (--ncco JSON|@FILE | --answer-url URL) [--from NUMBER] [--event-url URL]",
     "calls a number or SIP URI; prints the call's uuid"},
    {"list", run, "[--status STATUS]", "the last hundred calls, newest first"},
    {"show", run, "UUID", "one call"},
    {"quality", run, "UUID", "how its sound is, or was"},
    {"hangup", run, "UUID", "ends it"},
    {"mute", run, "UUID", "nobody hears it"},
    {"unmute", run, "UUID", "it is heard again"},
    {"earmuff", run, "UUID", "it hears nobody"},
    {"unearmuff", run, "UUID", "it hears again"},
    {"transfer", run, "UUID (--ncco JSON|@FILE | --answer-url URL)",
     "gives it another NCCO to follow"},
    {0}};

int command_call(int argc, char **argv)
{
    return command_dispatch(rows, "offhook call", NULL, argc - 1, argv + 1);
}
