/* call_paper.c: the rooms of paper, and the house between them. */
#include "call_paper.h"
#include "net/addr.h"

#include "conversation/audio.h"

#include <unistd.h>

struct paper paper;

/* SIP. */

void dialog_handle(struct dialog *dialog, const struct dialog_handlers *handlers, void *arg)
{
    dialog->handlers = handlers;
    dialog->arg = arg;
}

const struct dialog_invite *dialog_invite_of(const struct dialog *dialog)
{
    return &dialog->invite;
}

int dialog_ring(struct dialog *dialog, const char *sdp)
{
    dialog->rung = sdp ? 183 : 180;
    return 0;
}

int dialog_answer(struct dialog *dialog, const char *sdp)
{
    assert_non_null(sdp);
    if (dialog->hung_up)
        return EALREADY;
    snprintf(dialog->sdp, sizeof dialog->sdp, "%s", sdp);
    dialog->answered++;
    return 0;
}

int dialog_reject(struct dialog *dialog, int status, const char *phrase, int code, const char *text)
{
    (void)phrase, (void)code, (void)text;
    dialog->rejected = status;
    return 0;
}

int dialog_invite(struct ua *ua, const struct dialog_target *target,
                  const struct dialog_handlers *handlers, void *arg, struct dialog **dialogp)
{
    struct dialog *dialog;

    (void)ua;
    if (paper.refuse_dials)
        return EINVAL;
    dialog = mem_alloc(sizeof *dialog, NULL);
    if (!dialog)
        return ENOMEM;
    snprintf(dialog->uri, sizeof dialog->uri, "%s", target->uri);
    snprintf(dialog->sdp, sizeof dialog->sdp, "%s", target->sdp);
    snprintf(dialog->from, sizeof dialog->from, "%s", target->from_user);
    if (target->header_count)
        snprintf(dialog->header, sizeof dialog->header, "%s: %s", target->headers[0].name,
                 target->headers[0].value);
    dialog->ring_timeout = target->ring_timeout;
    dialog->handlers = handlers;
    dialog->arg = arg;
    dialog->dialled = true;
    assert_true(paper.dialled_count < 16);
    paper.dialled[paper.dialled_count++] = mem_ref(dialog);
    *dialogp = dialog;
    return 0;
}

int dialog_ack(struct dialog *dialog, const char *sdp)
{
    (void)sdp;
    dialog->acked++;
    return 0;
}

int dialog_reoffer_answer(struct dialog *dialog, const char *sdp)
{
    assert_non_null(sdp);
    dialog->reoffered = 200;
    return 0;
}

int dialog_reoffer_reject(struct dialog *dialog, int status, const char *phrase, int code,
                          const char *text)
{
    (void)phrase, (void)code, (void)text;
    dialog->reoffered = status;
    return 0;
}

int dialog_info(struct dialog *dialog, const char *type, const char *body)
{
    assert_string_equal(type, "application/dtmf-relay");
    if (dialog->no_info)
        return ENOTCONN;
    snprintf(dialog->info, sizeof dialog->info, "%s", body);
    dialog->infos++;
    return 0;
}

void dialog_hangup(struct dialog *dialog, int status, int q850)
{
    (void)q850;
    dialog->hung_up = status ? status : 1;
}

void dialog_taken_elsewhere(struct dialog *dialog)
{
    dialog_hangup(dialog, 0, 26);
}

int dialog_hold_to(struct dialog *dialog, const struct dialog_terms *terms)
{
    (void)dialog, (void)terms;
    return 0;
}

bool dialog_offers_early(const struct dialog *dialog)
{
    (void)dialog;
    return false;
}

const struct dialog_handlers *dialog_owner(const struct dialog *dialog, void **arg)
{
    *arg = dialog->arg;
    return dialog->handlers;
}

int dialog_refer(struct dialog *dialog, const char *uri)
{
    (void)dialog, (void)uri;
    return ENOTCONN;
}

void dialog_refer_told(struct dialog *dialog, int status)
{
    dialog->refer_told = status;
}

bool dialog_timed_out(const struct dialog *dialog)
{
    return dialog->timed_out;
}

const struct dialog_refusal *dialog_refusal_of(const struct dialog *dialog)
{
    static const struct dialog_refusal nothing = {.warning = "", .contacts = ""};

    (void)dialog;
    return &nothing;
}

int ua_ping(struct ua *ua, const struct ua_ping *ping, ua_ping_h *done, void *arg)
{
    (void)ua, (void)ping, (void)done, (void)arg;
    fail_msg("a trunk without a user agent asks nobody");
    return ENOSYS;
}

int ua_register(struct ua *ua, const struct ua_account *account,
                const struct registration_handlers *handlers, void *arg,
                struct registration **registration)
{
    (void)ua, (void)account, (void)handlers, (void)arg, (void)registration;
    fail_msg("nor does it register");
    return ENOSYS;
}

void registration_end(struct registration *registration)
{
    (void)registration;
}

int dialog_transport_error(const struct dialog *dialog)
{
    return dialog->transport_error;
}

/* Media. */

struct media_room {
    int unused;
};

int media_port_open(struct workers *workers, const struct media_events *events, void *arg,
                    struct media_port **port)
{
    (void)workers;
    *port = calloc(1, sizeof **port);
    if (!*port)
        return ENOMEM;
    paper.port = *port;
    if (paper.port_count < 64)
        paper.ports[paper.port_count++] = *port;
    (*port)->events = events;
    (*port)->arg = arg;
    paper.ports_open++;
    return 0;
}

void dialog_source(const struct dialog *dialog, struct sockaddr_storage *source)
{
    *source = dialog->invite.source;
}

int media_port_open_at(struct workers *workers, int family, const struct media_events *events,
                       void *arg, struct media_port **port)
{
    (void)family;
    return media_port_open(workers, events, arg, port);
}

int media_port_echo(struct media_port *port, bool on)
{
    (void)port;
    (void)on;
    return 0;
}

int ua_family(struct ua *ua, const char *uri, const char *route)
{
    (void)ua;
    (void)uri;
    (void)route;
    return AF_INET;
}

int media_port_open_wire(struct workers *workers, const struct media_events *events, void *arg,
                         struct wire *wire, struct media_port **port)
{
    (void)wire;
    return paper.no_port ? EAGAIN : media_port_open(workers, events, arg, port);
}

uint16_t media_port_number(const struct media_port *port)
{
    (void)port;
    return 10000;
}

int media_port_connect(struct media_port *port, const struct stream_params *params)
{
    if (paper.no_sound)
        return paper.no_sound;
    paper.flows = *params;
    port->takes_events = params->event_payload_type != 0;
    port->connects++;
    return 0;
}

int media_room_alloc(struct workers *workers, struct media_room **room)
{
    (void)workers;
    *room = mem_alloc(sizeof **room, NULL);
    return *room ? 0 : ENOMEM;
}

void media_port_join(struct media_port *port, struct media_room *room)
{
    port->room = room;
}

void media_port_leave(struct media_port *port)
{
    port->room = NULL;
}

void media_port_mute(struct media_port *port, bool on)
{
    port->muted = on;
}

void media_port_earmuff(struct media_port *port, bool on)
{
    port->earmuffed = on;
}

void media_port_audible(struct media_port *listener, struct media_port *speaker, bool on)
{
    assert_true(paper.audible_count < 64);
    paper.audible[paper.audible_count++] = (struct paper_audible){listener, speaker, on};
}

uint32_t media_port_play(struct media_port *port, struct sound *sound, unsigned loops, double level)
{
    (void)sound;
    assert_true(port->connects > 0); /* or its beginning would be lost */
    port->loops = loops;
    port->level = level;
    port->play = ++port->plays;
    return port->play;
}

void media_port_stop(struct media_port *port)
{
    port->play = 0;
}

int media_port_dial(struct media_port *port, const char *digits)
{
    size_t length = strlen(port->keys);

    snprintf(port->dialled, sizeof port->dialled, "%s", digits);
    assert_true(length + strlen(digits) < sizeof port->keys);
    strcpy(port->keys + length, digits);
    return 0;
}

void media_port_inband(struct media_port *port, bool on)
{
    port->inband = on;
}

void media_port_watch(struct media_port *port, bool on)
{
    port->watched = on;
}

int media_port_detect(struct media_port *port, const struct detect_conf *conf)
{
    port->detects = conf != NULL;
    if (conf)
        port->detect = *conf;
    return 0;
}

int media_port_record(struct media_port *port, struct recording *recording)
{
    (void)port, (void)recording;
    return 0;
}

int media_room_record(struct media_room *room, struct recording *recording)
{
    (void)recording;
    assert_non_null(room);
    return 0;
}

void media_port_record_stop(struct media_port *port)
{
    (void)port;
}

/* The answer comes when paper_stats() is called, or never. */
int media_port_stats(struct media_port *port, media_stats_h *done, void *arg)
{
    if (port->asked)
        return ENOMEM;
    port->asked = done;
    port->asked_arg = arg;
    return 0;
}

void paper_stats(struct media_port *port)
{
    static const struct stream_stats stats = {.packets_in = 7};
    media_stats_h *done = port->asked;

    port->asked = NULL;
    done(&stats, port->asked_arg);
}

static void port_closed(void *arg)
{
    static const struct stream_stats stats = {
        .packets_in = 50, .bytes_in = 8000, .lost = 2, .jitter_max = 3, .mos = 4.1, .r_factor = 82};
    struct media_port *port = arg;

    paper.ports_open--;
    port->events->closed(&stats, port->arg);
    free(port);
}

void media_port_close(struct media_port *port)
{
    while (loop_post(paper.loop, port_closed, port))
        ;
}

/* WebSockets. */

int socket_dial(struct sockets *sockets, const struct socket_request *request,
                const struct socket_events *events, void *arg, struct socket_line **linep)
{
    struct socket_line *line = mem_alloc(sizeof *line, NULL);

    (void)sockets;
    if (!line)
        return ENOMEM;
    line->events = events;
    line->arg = arg;
    snprintf(line->url, sizeof line->url, "%s", request->url);
    snprintf(line->first, sizeof line->first, "%s", request->first);
    if (request->authorization)
        snprintf(line->authorization, sizeof line->authorization, "%s", request->authorization);
    line->rate = request->rate;
    line->timeout = request->timeout;
    paper.socket = *linep = line;
    return 0;
}

struct wire *socket_wire(struct socket_line *line)
{
    (void)line;
    return NULL;
}

void socket_begin(struct socket_line *line)
{
    line->begun++;
}

int socket_digit(struct socket_line *line, char digit, unsigned duration_ms)
{
    (void)duration_ms;
    line->digits[strlen(line->digits)] = digit;
    return 0;
}

void paper_socket_opens(struct socket_line *line)
{
    line->events->opened(line->arg);
}

void paper_socket_ends(struct socket_line *line, enum socket_end_kind kind)
{
    struct socket_end end = {.kind = kind, .text = "Paper."};

    line->events->closed(&end, line->arg);
}

static void socket_closed(void *arg)
{
    paper_socket_ends(arg, SOCKET_ENDED);
}

void socket_close(struct socket_line *line, unsigned code)
{
    line->closed_with = code;
    while (loop_post(paper.loop, socket_closed, line))
        ;
}

/* Webhooks and sounds. */

int webhook_bearer(const struct webhook *webhook, const char *application, char **bearer)
{
    (void)webhook;
    assert_string_equal(application, APP);
    *bearer = mem_strdup(paper.bearer);
    return 0;
}

int webhook_emit(struct webhook *webhook, const struct webhook_event *event)
{
    (void)webhook;
    if (paper.shortage && !event->fields)
        return ENOMEM;
    assert_non_null(event->fields);
    snprintf(paper.url, sizeof paper.url, "%s", event->url);
    json_array_append_new(paper.told, json_deep_copy(event->fields));
    return 0;
}

int webhook_when_told(struct webhook *webhook, const char *lane, unsigned patience, loop_h *done,
                      void *arg)
{
    (void)webhook, (void)lane, (void)patience;
    return paper.deaf ? ENOMEM : loop_post(paper.loop, done, arg);
}

static struct {
    webhook_answer_h *answer;
    void *arg;
    bool is_event;
} held_answer;

static struct {
    loader_h *done;
    void *arg;
} held_loads[16];
static unsigned load_count;

/* What is replied is read on another thread, which has memory. (jansson writes beyond a text whose
 * closing quote found none.) */
static json_t *read_reply(const char *text)
{
    unsigned short_of = paper.countdown ? *paper.countdown : 0;
    json_t *ncco;

    if (paper.countdown)
        *paper.countdown = 0;
    ncco = text ? json_loads(text, 0, NULL) : NULL;
    if (paper.countdown)
        *paper.countdown = short_of;
    return ncco;
}

static void give_answer(void *unused)
{
    json_t *ncco = read_reply(held_answer.is_event ? paper.reply : paper.answers);
    webhook_answer_h *answer = held_answer.answer;

    (void)unused;
    held_answer.answer = NULL;
    answer(ncco, ncco || held_answer.is_event ? NULL : "answer_url http://x.example/: HTTP 500",
           held_answer.arg);
}

void paper_answer(void)
{
    assert_non_null(held_answer.answer);
    give_answer(NULL);
}

int webhook_ask(struct webhook *webhook, const struct webhook_question *question,
                webhook_answer_h *answer, void *arg)
{
    int err;

    (void)webhook;
    assert_true(question->fields || paper.shortage);
    if (paper.deaf)
        return ENOMEM;
    assert_null(held_answer.answer);
    held_answer.is_event = strcmp(question->type, "event") == 0;
    if (held_answer.is_event)
        json_array_append_new(paper.asked, json_pack("{s:s,s:s,s:o?}", "url", question->url,
                                                     "method", question->method, "fields",
                                                     json_deep_copy(question->fields)));
    else
        snprintf(paper.asked_url, sizeof paper.asked_url, "%s %s", question->method, question->url);
    held_answer.answer = answer;
    held_answer.arg = arg;
    if (paper.hold_answers)
        return 0;
    err = loop_post(paper.loop, give_answer, NULL);
    if (err)
        held_answer.answer = NULL;
    return err;
}

void paper_load(bool works)
{
    struct sound *sound;
    loader_h *done = held_loads[0].done;
    void *arg = held_loads[0].arg;

    if (paper.shortage && !load_count)
        return;
    assert_true(load_count > 0);
    memmove(held_loads, held_loads + 1, --load_count * sizeof held_loads[0]);
    sound = works ? mem_alloc(sizeof *sound, NULL) : NULL;
    done(sound, sound ? NULL : "http://x.example/a.wav: HTTP 404", arg);
    mem_unref(sound);
}

static void load_at_once(void *unused)
{
    (void)unused;
    paper_load(true);
}

int loader_load(struct loader *loader, const char *name, loader_h *done, void *arg)
{
    (void)loader;
    assert_true(paper.shortage || strncmp(name, "http://x.example/", 17) == 0 ||
                strcmp(name, "sound:beep") == 0);
    if (paper.no_sounds)
        return ENOMEM;
    assert_true(load_count < 16);
    snprintf(paper.sound, sizeof paper.sound, "%s", name);
    held_loads[load_count].done = done;
    held_loads[load_count++].arg = arg;
    return paper.instant_loads ? loop_post(paper.loop, load_at_once, NULL) : 0;
}

/* Gives way where the real one is linked. */
__attribute__((weak)) bool fetch_is_url(const char *text)
{
    return strncmp(text, "http", 4) == 0;
}

/* The house. */

static const char *const numbers[] = {"15550100002"};
static const char *const proxies[] = {"sip:127.0.0.1:5080", "sip:127.0.0.1:5081"};
static unsigned failover[] = {408, 500, 502, 503, 504};
static const char *const prefixes[] = {"1"};

static void fenced(void *arg)
{
    *(bool *)arg = true;
}

void settle(struct house *house)
{
    for (int round = 0; round < 4; round++) {
        bool done = false;

        while (store_fence(house->store, fenced, &done))
            ;
        while (!done)
            loop_wait(paper.loop, 1000);
    }
}

void wait_for_hang_up(const struct dialog *dialog)
{
    for (int round = 0; !dialog->hung_up && round < 100000; round++)
        loop_wait(paper.loop, 100);
    assert_int_not_equal(dialog->hung_up, 0);
}

static void configure(struct house *house)
{
    house->application = (struct conf_application){.id = APP,
                                                   .name = "demo",
                                                   .public_key = "",
                                                   .voice = {.answer_url = "http://x.example/a",
                                                             .answer_method = "GET",
                                                             .ncco = "",
                                                             .fallback_answer_url = "",
                                                             .event_url = "http://x.example/e",
                                                             .event_method = "POST"},
                                                   .numbers = (const char **)(uintptr_t)numbers,
                                                   .number_count = 1};
    house->trunk = (struct conf_trunk){.name = "carrier",
                                       .proxies = (const char **)(uintptr_t)proxies,
                                       .proxy_count = 2,
                                       .prefixes = (const char **)(uintptr_t)prefixes,
                                       .prefix_count = 1,
                                       .from_domain = "",
                                       .failover_on = failover,
                                       .failover_count = 5};
    house->conf.applications = &house->application;
    house->conf.application_count = 1;
    house->trunk.srtp = "off";
    house->conf.trunks = &house->trunk;
    house->conf.trunk_count = 1;
}

static void build(struct house *house)
{
    struct bridge_conf bridge = {.conf = &house->conf};
    struct trunks_conf trunks = {.conf = &house->conf};
    struct calls_conf calls = {0};
    const char *reason;

    assert_int_equal(loop_alloc(&paper.loop), 0);
    trunks.loop = paper.loop;
    assert_int_equal(store_open(&house->store, house->url, paper.loop, &reason), 0);
    bridge.loop = paper.loop;
    bridge.store = house->store;
    assert_int_equal(trunks_start(&house->trunks, &trunks), 0);
    bridge.plane = (struct leg_plane){.loop = paper.loop,
                                      .trunks = house->trunks,
                                      .sockets = (struct sockets *)house,
                                      .can = {{{CODEC_PCMU}, {CODEC_PCMA}}, 2},
                                      .address = "127.0.0.1"};
    assert_int_equal(bridge_alloc(&house->bridge, &bridge), 0);
    calls.bridge = house->bridge;
    assert_int_equal(calls_alloc(&house->calls, &calls), 0);
    assert_int_equal(calls_recover(house->calls), 0);
}

static void take_apart(struct house *house)
{
    while (paper.dialled_count)
        mem_unref(paper.dialled[--paper.dialled_count]);
    mem_unref(house->calls);
    mem_unref(house->bridge);
    trunks_stop(house->trunks);
    mem_unref(house->trunks);
    store_close(house->store);
    loop_run(paper.loop);
    mem_unref(paper.loop);
}

static int start(void **state, const char *url)
{
    struct house *house = calloc(1, sizeof *house);

    memset(&paper, 0, sizeof paper);
    load_count = 0;
    house->alive = mem_alive();
    snprintf(house->url, sizeof house->url, "%s", url);
    configure(house);
    paper.told = json_array();
    paper.asked = json_array();
    build(house);
    *state = house;
    return 0;
}

int set_up(void **state)
{
    return start(state, "sqlite::memory:");
}

static const char *file_of(const struct house *house)
{
    return house->url + strlen("sqlite:");
}

static void remove_files(const struct house *house)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock"};
    char name[160];

    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", file_of(house), ends[i]);
        unlink(name);
    }
}

int set_up_on_disk(void **state)
{
    char url[64];

    snprintf(url, sizeof url, "sqlite:call_paper.%ld.db", (long)getpid());
    return start(state, url);
}

void restart(struct house *house)
{
    take_apart(house);
    json_array_clear(paper.told);
    build(house);
}

static void copy_file(const char *from, const char *to)
{
    char block[65536];
    size_t size;
    FILE *in = fopen(from, "rb"), *out = in ? fopen(to, "wb") : NULL;

    while (out && (size = fread(block, 1, sizeof block, in)) > 0)
        fwrite(block, 1, size, out);
    if (out)
        fclose(out);
    if (in)
        fclose(in);
}

void restart_killed(struct house *house, struct dialog *const *up, unsigned count)
{
    static const char *const ends[] = {"", "-wal"};
    struct house old = *house;
    char from[160], to[160];

    settle(house);
    snprintf(house->url, sizeof house->url, "%.100s.killed", old.url);
    for (int i = 0; i < 2; i++) {
        snprintf(from, sizeof from, "%s%s", file_of(&old), ends[i]);
        snprintf(to, sizeof to, "%s%s", file_of(house), ends[i]);
        copy_file(from, to);
    }
    for (unsigned i = 0; i < count; i++)
        over(house, up[i], 200, true);
    if (held_answer.answer)
        paper_answer(); /* what is stopped answers who still waits */
    settle(house);
    restart(house);
    remove_files(&old);
}

int tear_down(void **state)
{
    struct house *house = *state;
    struct bridge_counts counts;

    settle(house);
    bridge_counts(house->bridge, &counts);
    assert_int_equal(counts.legs, 0);
    assert_int_equal(counts.members, 0);
    assert_int_equal(paper.ports_open, 0);
    take_apart(house);
    json_decref(paper.told);
    json_decref(paper.asked);
    assert_int_equal(mem_alive(), house->alive);
    if (strcmp(file_of(house), ":memory:") != 0)
        remove_files(house);
    free(house);
    return 0;
}

/* What tests do. */

void play_on(struct house *house)
{
    struct audio_plane plane = {.recordings = "/nonexistent"};

    assert_int_equal(bridge_audio(house->bridge, &plane), 0);
}

struct dialog *ring_in_as(struct house *house, const char *from, const char *sdp, const char *ncco)
{
    struct dialog *dialog = mem_alloc(sizeof *dialog, NULL);

    paper.answers = ncco;
    dialog->invite = (struct dialog_invite){.from_user = from,
                                            .from_host = "carrier.example",
                                            .from_display = "",
                                            .to_user = "15550100002",
                                            .to_host = "127.0.0.1",
                                            .call_id = "a",
                                            .sdp = sdp};
    if (paper.source)
        assert_int_equal(addr_parse(&dialog->invite.source, paper.source, 5060), 0);
    call_incoming(house->calls, dialog);
    settle(house);
    return dialog;
}

struct dialog *ring_in(struct house *house, const char *ncco)
{
    return ring_in_as(house, "+15550100001", SDP, ncco);
}

void over(struct house *house, struct dialog *dialog, int status, bool remote)
{
    assert_non_null(dialog->handlers);
    dialog->over = true;
    dialog->handlers->ended(status, "x", remote, 0, dialog->arg);
    settle(house);
}

void callee_answers(struct house *house, unsigned which)
{
    struct dialog *dialog = paper.dialled[which];

    dialog->handlers->answered(SDP, dialog->arg);
    settle(house);
}

const char *told_text(void)
{
    size_t i;
    json_t *fields;
    char *to = paper.text;

    *to = '\0';
    json_array_foreach (paper.told, i, fields) {
        const char *direction = json_string_value(json_object_get(fields, "direction"));
        const char *status = json_string_value(json_object_get(fields, "status"));
        const char *type = json_string_value(json_object_get(fields, "type"));
        const char *reason = json_string_value(json_object_get(fields, "reason"));
        size_t left = sizeof paper.text - (size_t)(to - paper.text);

        to += snprintf(to, left, "%s%s%s%.200s", i ? ", " : "", direction ? direction : "",
                       direction ? " " : "",
                       status ? status
                       : type ? type
                              : reason);
        assert_true((size_t)(to - paper.text) < sizeof paper.text);
    }
    return paper.text;
}

json_t *told_status(const char *direction, const char *status)
{
    size_t i;
    json_t *fields;

    json_array_foreach (paper.told, i, fields) {
        const char *way = json_string_value(json_object_get(fields, "direction"));
        const char *what = json_string_value(json_object_get(fields, "status"));

        if (way && what && strcmp(way, direction) == 0 && strcmp(what, status) == 0)
            return fields;
    }
    return NULL;
}

static void got_events(int err, json_t *rows, int64_t count, void *arg)
{
    assert_int_equal(err, 0);
    assert_int_equal(count, (int64_t)json_array_size(rows));
    *(json_t **)arg = rows;
}

json_t *events_of(struct house *house, const char *id)
{
    struct store_events_query query = {.application = APP, .conversation = id};
    json_t *rows = NULL;

    assert_int_equal(store_ask_events(house->store, &query, got_events, &rows), 0);
    settle(house);
    assert_non_null(rows);
    return rows;
}

static void got_row(int err, json_t *rows, int64_t count, void *arg)
{
    assert_int_equal(err, 0);
    assert_int_equal(count, 1);
    *(json_t **)arg = json_incref(json_array_get(rows, 0));
    json_decref(rows);
}

json_t *row_of_leg(struct house *house, const char *id)
{
    struct store_legs_query query = {.application = APP, .id = id};
    json_t *row = NULL;

    assert_int_equal(store_ask_legs(house->store, &query, got_row, &row), 0);
    settle(house);
    assert_non_null(row);
    return row;
}

const char *events_text(struct house *house, const char *id)
{
    json_t *rows = events_of(house, id), *row;
    char *to = paper.text;
    size_t i;

    *to = '\0';
    json_array_foreach (rows, i, row)
        to += sprintf(to, "%s%s", i ? ", " : "", json_string_value(json_object_get(row, "type")));
    json_decref(rows);
    return paper.text;
}

struct application *demo(struct house *house)
{
    return application_find(house->bridge, APP);
}

struct conversation *conversation_of_first(struct house *house)
{
    const char *id =
        json_string_value(json_object_get(json_array_get(paper.told, 0), "conversation_uuid"));

    return conversation_find(house->bridge, demo(house), id);
}

struct place {
    unsigned left;
    struct member *member;
};

static bool count_down(struct member *member, void *arg)
{
    struct place *place = arg;

    place->member = member;
    return place->left-- == 0;
}

struct member *member_at(struct conversation *conversation, unsigned place)
{
    struct place at = {place, NULL};

    assert_non_null(conversation);
    assert_true(place < conversation_members(conversation));
    conversation_each(conversation, count_down, &at);
    return at.member;
}

struct call *call_at(struct house *house, struct conversation *conversation, unsigned place)
{
    struct call *call =
        call_find(house->calls, demo(house), leg_id(member_leg(member_at(conversation, place))));

    assert_non_null(call);
    return call;
}

struct call *create(struct house *house, const char *ncco)
{
    json_t *endpoint = json_loads("{\"type\":\"phone\",\"number\":\"15550100003\"}", 0, NULL);
    json_t *flow = json_loads(ncco, 0, NULL);
    struct call_request request = {
        .application = demo(house),
        .endpoint = endpoint,
        .from = "15550100002",
        .ncco = flow,
        .length_timer = 7200,
        .ringing_timer = 60,
    };
    struct call *call = NULL;
    const char *reason = NULL;

    assert_int_equal(call_create(house->calls, &request, &call, &reason), 0);
    settle(house);
    json_decref(endpoint);
    json_decref(flow);
    return call;
}
