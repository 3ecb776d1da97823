/* phone_commands.c: the commands of offhook-phone, a row each. */
#include "phone_tool.h"
#include "phone_wav.h"

#include "base/mem.h"
#include "cli/phone_tone.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TONES_MAX = 64, HEADERS_MAX = 32 };

/* A command on its way: done with `reply` (a whole event), or `err` and `reason`. */
struct asked {
    struct tool *tool;
    json_t *json;
    struct line *line; /* of commands that name one */
    json_t *reply;
    const char *reason;
};

static unsigned number(const json_t *json, const char *key, unsigned otherwise)
{
    const json_t *value = json_object_get(json, key);

    return json_is_number(value) ? (unsigned)json_number_value(value) : otherwise;
}

static const char *text(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static int bad(struct asked *asked, const char *reason)
{
    asked->reason = reason;
    return EINVAL;
}

/* `codecs`, `events` and `ptime` of a command. */
static int codecs(struct asked *asked, struct offer_ability *can)
{
    const json_t *names = json_object_get(asked->json, "codecs"), *name;
    size_t i;

    *can =
        (struct offer_ability){.no_events = json_is_false(json_object_get(asked->json, "events")),
                               .ptime = number(asked->json, "ptime", 0)};
    if (!names)
        return offer_add(can, "PCMU") || offer_add(can, "PCMA") ? EINVAL : 0;
    json_array_foreach (names, i, name)
        if (!json_is_string(name) || offer_add(can, json_string_value(name)))
            return bad(asked, "codecs: names such as PCMU, G722 or opus/16000, each once");
    return can->count ? 0 : bad(asked, "codecs: a list of names");
}

static const struct {
    const char *name;
    enum phone_action action;
    int status;
} policies[] = {{"answer", PHONE_ANSWER, 0},    {"ring", PHONE_RING, 0},
                {"early", PHONE_EARLY, 0},      {"busy", PHONE_REFUSE, 486},
                {"decline", PHONE_REFUSE, 603}, {"ignore", PHONE_IGNORE, 0}};

static int do_accept(struct asked *asked)
{
    const char *name = text(asked->json, "policy");
    struct phone_policy policy = {.delay = number(asked->json, "delay", 0),
                                  .tone = number(asked->json, "tone", 0),
                                  .amplitude = number(asked->json, "amplitude", PHONE_AMPLITUDE)};
    int err = codecs(asked, &policy.can);

    if (err)
        return err;
    for (size_t i = 0; name && i < sizeof policies / sizeof *policies; i++) {
        if (strcmp(policies[i].name, name) != 0)
            continue;
        policy.action = policies[i].action;
        policy.status = (int)number(asked->json, "status", (unsigned)policies[i].status);
        return phone_accept(asked->tool->phone, text(asked->json, "user"), &policy);
    }
    return bad(asked, "policy: answer, ring, early, busy, decline or ignore");
}

static int do_call(struct asked *asked)
{
    struct ua_header headers[HEADERS_MAX];
    struct phone_call call = {.name = text(asked->json, "line"),
                              .uri = text(asked->json, "uri"),
                              .from = text(asked->json, "from"),
                              .tone = number(asked->json, "tone", 0),
                              .amplitude = number(asked->json, "amplitude", PHONE_AMPLITUDE),
                              .late_offer =
                                  json_is_true(json_object_get(asked->json, "late_offer")),
                              .headers = headers};
    const char *name;
    json_t *value;
    int err = codecs(asked, &call.can);

    if (err)
        return err;
    if (!call.name || !call.uri)
        return bad(asked, "line and uri are required");
    if (!call.from)
        call.from = "";
    json_object_foreach (json_object_get(asked->json, "headers"), name, value) {
        if (call.header_count == HEADERS_MAX || !json_is_string(value))
            return bad(asked, "headers: at most 32 texts");
        headers[call.header_count++] = (struct ua_header){name, json_string_value(value)};
    }
    return phone_call(asked->tool->phone, &call, &asked->line);
}

static int do_answer(struct asked *asked)
{
    return line_answer(asked->line);
}

static int do_reject(struct asked *asked)
{
    return line_reject(asked->line, (int)number(asked->json, "status", 486));
}

static int do_hangup(struct asked *asked)
{
    return line_hangup(asked->line);
}

static int do_tone(struct asked *asked)
{
    phone_port_tone(line_port(asked->line), number(asked->json, "hz", 0),
                    number(asked->json, "amplitude", PHONE_AMPLITUDE));
    return 0;
}

static int do_play(struct asked *asked)
{
    const char *file = text(asked->json, "file");
    int16_t *samples;
    size_t count;
    int err;

    if (!file)
        return bad(asked, "file?");
    err = wav_read(file, &samples, &count);
    if (err)
        return bad(asked, "file: no sound that can be read");
    phone_port_play(line_port(asked->line), samples, count);
    return 0;
}

static int do_playing(struct asked *asked)
{
    asked->reply =
        json_pack("{ss sb}", "event", "playing", "on", phone_port_playing(line_port(asked->line)));
    return 0;
}

static int do_dtmf(struct asked *asked)
{
    const char *digits = text(asked->json, "digits"), *way = text(asked->json, "way");
    struct phone_keys keys = {.on = number(asked->json, "on", 160),
                              .off = number(asked->json, "off", 100)};

    keys.tones = way && (!strcmp(way, "tones") || !strcmp(way, "both"));
    keys.events = !way || !strcmp(way, "events") || !strcmp(way, "both");
    if (!keys.tones && !keys.events)
        return bad(asked, "way: events, tones or both");
    phone_port_keys(line_port(asked->line), &keys);
    return digits ? phone_port_dtmf(line_port(asked->line), digits) : bad(asked, "digits?");
}

static int do_spoil(struct asked *asked)
{
    struct phone_spoil spoil = {.lost = number(asked->json, "lost", 0),
                                .overtaken = number(asked->json, "overtaken", 0),
                                .doubled = number(asked->json, "doubled", 0),
                                .seed = number(asked->json, "seed", 1)};

    phone_port_spoil(line_port(asked->line), &spoil);
    return 0;
}

static int do_break(struct asked *asked)
{
    const json_t *type = json_object_get(asked->json, "payload_type");
    struct phone_fault fault = {.mute = json_is_true(json_object_get(asked->json, "mute")),
                                .elsewhere =
                                    json_is_true(json_object_get(asked->json, "elsewhere")),
                                .payload_type = type ? (int)json_integer_value(type) : -1};

    if (fault.payload_type > 127)
        return bad(asked, "payload_type: 0 to 127");
    phone_port_break(line_port(asked->line), &fault);
    return 0;
}

static int do_info(struct asked *asked)
{
    const char *type = text(asked->json, "type"), *body = text(asked->json, "body");

    return type && body ? line_info(asked->line, type, body) : bad(asked, "type and body?");
}

static int do_hold(struct asked *asked)
{
    return line_hold(asked->line, json_is_true(json_object_get(asked->json, "on")));
}

static int do_reinvite(struct asked *asked)
{
    bool new_port = json_is_true(json_object_get(asked->json, "new_port"));
    struct offer_ability can;
    int err;

    if (!json_object_get(asked->json, "codecs"))
        return line_reinvite(asked->line, new_port, NULL);
    err = codecs(asked, &can);
    return err ? err : line_reinvite(asked->line, new_port, &can);
}

static double rounded(double value)
{
    return round(value * 10) / 10;
}

static json_t *wall(int64_t ns)
{
    int64_t us = ns / 1000;

    return ns ? json_real((double)us / 1000) : json_null();
}

static int do_heard(struct asked *asked)
{
    unsigned window = number(asked->json, "window", 200);
    struct phone_heard heard;
    json_t *tones = json_array();

    phone_port_heard(line_port(asked->line), window, &heard);
    for (unsigned i = 0; i < heard.count; i++)
        json_array_append_new(tones, json_pack("{si sf}", "hz", (int)heard.tones[i].hz, "amplitude",
                                               rounded(heard.tones[i].amplitude)));
    asked->reply = json_pack("{ss si si so}", "event", "heard", "packets", (int)heard.packets,
                             "lost", (int)heard.lost, "tones", tones);
    return 0;
}

static int do_stats(struct asked *asked)
{
    struct phone_stats s;
    json_int_t expected = 0;

    phone_port_stats(line_port(asked->line), &s);
    if (s.first_arrived)
        expected = (s.last_arrived - s.first_arrived + 10000000) / 20000000 + 1;
    asked->reply = json_pack(
        "{ss ss sI sI sI sI sI sI sI sI sI sI si so so so so}", "event", "stats", "codec",
        line_codec(asked->line), "sent", (json_int_t)s.sent, "skipped", (json_int_t)s.skipped,
        "received", (json_int_t)s.received, "expected", expected, "gaps", (json_int_t)s.lost,
        "late", (json_int_t)s.late, "duplicate", (json_int_t)s.duplicate, "invalid",
        (json_int_t)s.invalid, "events", (json_int_t)s.events, "rtcp", (json_int_t)s.rtcp,
        "sources", (int)s.sources, "first_sent", wall(s.first_sent), "last_sent", wall(s.last_sent),
        "first_arrival", wall(s.first_arrived), "last_arrival", wall(s.last_arrived));
    return 0;
}

/* One packet of a trace; `before` is the last sample of the one before it. */
static json_t *traced(struct phone_ear *ear, const struct phone_packet *p, const json_t *tones,
                      int *before)
{
    int16_t samples[PHONE_SAMPLES];
    json_t *amplitudes = json_array(), *hz;
    size_t i, count = phone_ear_hear(ear, p, samples);
    int step = 0;

    for (i = 0; i < count; i++) {
        if (*before <= INT16_MAX && abs(samples[i] - *before) > step)
            step = abs(samples[i] - *before);
        *before = samples[i];
    }
    json_array_foreach (tones, i, hz)
        json_array_append_new(amplitudes, json_real(rounded(phone_tone_amplitude_at(
                                              samples, count, (unsigned)json_number_value(hz),
                                              phone_ear_rate(ear)))));
    return json_pack("{so si sI si si so si}", "t", wall(p->arrived), "seq", (int)p->sequence, "ts",
                     (json_int_t)p->timestamp, "pt", (int)p->payload_type, "size", (int)p->size,
                     "amplitudes", amplitudes, "step", step);
}

static json_t *trace_list(struct asked *asked, const struct phone_packet *packets, size_t count)
{
    json_t *list = json_array(), *tones = json_object_get(asked->json, "hz");
    int before = INT16_MAX + 1; /* none */
    struct phone_ear *ear;

    if (phone_ear_alloc(&ear, line_port(asked->line)))
        return list;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, traced(ear, &packets[i], tones, &before));
    mem_unref(ear);
    return list;
}

static int write_trace(struct asked *asked, const char *file, const struct phone_packet *packets,
                       size_t count)
{
    struct phone_ear *ear;
    int err = phone_ear_alloc(&ear, line_port(asked->line));

    if (err)
        return err;
    err = wav_write(file, ear, packets, count);
    mem_unref(ear);
    return err ? bad(asked, "file: cannot be written") : 0;
}

static int do_trace(struct asked *asked)
{
    const char *file = text(asked->json, "file");
    struct phone_packet *packets;
    size_t count;
    int err = 0;

    if (json_is_true(json_object_get(asked->json, "on"))) {
        phone_port_trace(line_port(asked->line));
        return 0;
    }
    phone_port_traced(line_port(asked->line), &packets, &count);
    if (file)
        err = write_trace(asked, file, packets, count);
    if (!err)
        asked->reply =
            json_pack("{ss so}", "event", "trace", "packets", trace_list(asked, packets, count));
    free(packets);
    return err;
}

static const struct {
    const char *name;
    int (*run)(struct asked *asked);
    bool needs_line;
} commands[] = {
    {"accept", do_accept, false}, {"call", do_call, false},       {"answer", do_answer, true},
    {"reject", do_reject, true},  {"hangup", do_hangup, true},    {"tone", do_tone, true},
    {"play", do_play, true},      {"playing", do_playing, true},  {"dtmf", do_dtmf, true},
    {"spoil", do_spoil, true},    {"break", do_break, true},      {"info", do_info, true},
    {"hold", do_hold, true},      {"heard", do_heard, true},      {"stats", do_stats, true},
    {"trace", do_trace, true},    {"reinvite", do_reinvite, true}};

static int dispatch(struct asked *asked)
{
    const char *name = text(asked->json, "command"), *line = text(asked->json, "line");

    for (size_t i = 0; name && i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        if (commands[i].needs_line) {
            asked->line = line ? phone_line(asked->tool->phone, line) : NULL;
            if (!asked->line)
                return bad(asked, "no such line");
        }
        return commands[i].run(asked);
    }
    return bad(asked, "no such command");
}

static void copy(json_t *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);

    if (value)
        json_object_set(to, key, value);
}

void tool_command(struct tool *tool, const char *line)
{
    json_error_t where;
    struct asked asked = {.tool = tool, .json = json_loads(line, 0, &where)};
    json_t *reply;
    int err = json_is_object(asked.json) ? dispatch(&asked) : bad(&asked, "not a JSON object");

    if (err)
        reply = json_pack("{ss ss}", "event", "error", "reason",
                          asked.reason ? asked.reason : strerror(err));
    else
        reply = asked.reply ? asked.reply : json_pack("{ss}", "event", "ok");
    copy(reply, asked.json, "id");
    copy(reply, asked.json, "line");
    if (err || !asked.reply)
        copy(reply, asked.json, "command");
    tool_say(reply);
    json_decref(asked.json);
}
