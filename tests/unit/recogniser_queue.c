/* recogniser_queue.c: who asks waits for a turn, against a deadline; each is told once, whatever
 * ends first: the server, the deadline, or the recogniser itself. */
#include "recogniser_rig.h"

static void without_an_engine_it_says_so(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct recogniser_conf none = {room->loop, NULL, NULL};
    struct heard heard;

    room_begin(room);
    assert_false(recogniser_has(room->recogniser));
    room_hear(room, &request, &heard);
    assert_string_equal(heard.error, RECOGNISER_NONE);
    room_end(room);
    assert_int_equal(recogniser_start(&room->recogniser, &none), 0);
    room_hear(room, &request, &heard);
    assert_string_equal(heard.error, "Speech recognition is not configured");
}

static void refuses_what_is_no_language(void **state)
{
    static const char *const bad[] = {"e",
                                      "english please",
                                      "en_US",
                                      "en--US",
                                      "en-",
                                      "-",
                                      "12",
                                      "en-abcdefghi",
                                      "e1-US",
                                      "\xc3\xa9\xc3\xa9",
                                      "en-abcdefgh-abcdefgh-abcdefgh-abcdefgh"};
    static const char *const good[] = {"en",     "en-US",       "zh-Hans-CN",
                                       "es-419", "yue-Hant-HK", "EN-us"};
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard;

    room_ask_server(room, "/yes");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        request.language = bad[i];
        room_hear(room, &request, &heard);
        assert_string_equal(heard.error, RECOGNISER_NO_TAG);
    }
    assert_int_equal(server.requests, 0);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        request.language = good[i];
        room_hear(room, &request, &heard);
        assert_int_equal(heard.count, 1);
    }
}

/* Two at once, three wait, the sixth is one too many. */
static void takes_turns(void **state)
{
    enum { TAKEN = 5 };
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard[TAKEN] = {0}, late;

    room->conf.concurrency = 2;
    room->conf.queue = 3;
    room_ask_server(room, "/gate");
    for (unsigned i = 0; i < TAKEN; i++)
        assert_int_equal(recogniser_ask(room->recogniser, &request, on_heard, &heard[i]), 0);
    room_hear(room, &request, &late);
    assert_string_equal(late.error, RECOGNISER_BUSY);
    wait_requests(room, 2);
    for (unsigned i = 0; i < TAKEN; i++)
        assert_int_equal(heard[i].times, 0);
    server_open();
    for (unsigned i = 0; i < TAKEN; i++) {
        room_wait(room, &heard[i]);
        assert_false(heard[i].failed);
    }
    assert_int_equal(server.requests, TAKEN);
    assert_int_equal(server.most_at_once, 2);
    room_hear(room, &request, &late); /* there is room again */
    assert_false(late.failed);
}

/* Without a queue there are turns only. */
static void nobody_waits_without_a_queue(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard first = {0}, second;

    room->conf.concurrency = 1;
    room->conf.queue = 0;
    room_ask_server(room, "/gate");
    assert_int_equal(recogniser_ask(room->recogniser, &request, on_heard, &first), 0);
    room_hear(room, &request, &second);
    assert_string_equal(second.error, RECOGNISER_BUSY);
    server_open();
    room_wait(room, &first);
    assert_false(first.failed);
}

/* The deadline counts from the asking: who waits behind a dead server is told too, and the
 * turn comes back. */
static void waiting_counts(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard first = {0}, second = {0}, third;

    room->conf.concurrency = 1;
    room->conf.timeout = 400;
    room_ask_server(room, "/gate");
    assert_int_equal(recogniser_ask(room->recogniser, &request, on_heard, &first), 0);
    assert_int_equal(recogniser_ask(room->recogniser, &request, on_heard, &second), 0);
    room_wait(room, &first);
    room_wait(room, &second);
    assert_string_equal(first.error, RECOGNISER_SLOW);
    assert_string_equal(second.error, RECOGNISER_SLOW);
    room->conf.timeout = 60000;
    server_open();
    room_hear(room, &request, &third);
    assert_false(third.failed);
    assert_int_equal(first.times, 1);
    assert_int_equal(second.times, 1);
}

/* One under way, one waiting, one refused: each is told of the end, within it. */
static void stop_tells_all(void **state, bool fetch_first)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard[3] = {0};

    room->conf.concurrency = 1;
    room_ask_server(room, "/gate");
    for (unsigned i = 0; i < 3; i++) {
        request.language = i == 2 ? "no tag" : NULL;
        assert_int_equal(recogniser_ask(room->recogniser, &request, on_heard, &heard[i]), 0);
    }
    while (!server.requests) /* not the loop: nobody is told yet */
        usleep(1000);
    if (fetch_first)
        fetch_stop(room->fetch);
    recogniser_stop(room->recogniser);
    room->recogniser = NULL;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(heard[i].times, 1);
        assert_string_equal(heard[i].error, RECOGNISER_ENDED);
    }
    if (!fetch_first)
        fetch_stop(room->fetch);
    room->fetch = NULL;
    loop_run(room->loop);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(heard[i].times, 1);
}

static void stops_before_the_fetch(void **state)
{
    stop_tells_all(state, false);
}

static void stops_after_the_fetch(void **state)
{
    stop_tells_all(state, true);
}

/* Who asks again as soon as he is told. */
struct eager {
    struct room *room;
    struct heard first, again;
    int err;
};

static void ask_again(const struct recogniser_result *results, unsigned count, const char *error,
                      void *arg)
{
    struct eager *eager = arg;
    struct recogniser_request request = room_request(eager->room);

    on_heard(results, count, error, &eager->first);
    eager->err = recogniser_ask(eager->room->recogniser, &request, on_heard, &eager->again);
}

static void may_be_asked_while_it_tells(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct eager eager = {.room = room};

    room->conf.concurrency = 1;
    room->conf.queue = 1;
    room_ask_server(room, "/yes");
    assert_int_equal(recogniser_ask(room->recogniser, &request, ask_again, &eager), 0);
    room_wait(room, &eager.first);
    assert_int_equal(eager.err, 0);
    room_wait(room, &eager.again);
    assert_int_equal(eager.again.count, 1);
}

static void takes_nothing_while_it_stops(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct eager eager = {.room = room};

    room_ask_server(room, "/gate");
    assert_int_equal(recogniser_ask(room->recogniser, &request, ask_again, &eager), 0);
    recogniser_stop(room->recogniser);
    room->recogniser = NULL;
    assert_int_equal(eager.first.times, 1);
    assert_int_equal(eager.err, ECANCELED);
    assert_int_equal(eager.again.times, 0);
}

/* What the caller gave is his own again after the call. */
static void copies_the_request(void **state)
{
    struct room *room = *state;
    char language[] = "sv-SE", leg[] = "leg-7", hint[] = "hint", path[64];
    const char *context[] = {hint};
    struct recogniser_request request = {
        .path = path, .language = language, .context = context, .context_count = 1, .leg = leg};
    struct heard first = {0}, second = {0};

    room->conf.concurrency = 1;
    room_ask_server(room, "/gate");
    snprintf(path, sizeof path, "%s", room->path);
    assert_int_equal(recogniser_ask(room->recogniser, &request, on_heard, &first), 0);
    assert_int_equal(recogniser_ask(room->recogniser, &request, on_heard, &second), 0);
    memset(language, 'x', sizeof language);
    memset(leg, 'x', sizeof leg);
    memset(hint, 'x', sizeof hint);
    memset(path, 'x', sizeof path);
    context[0] = NULL;
    server_open();
    room_wait(room, &second);
    assert_false(second.failed);
    assert_non_null(strstr(server.head, "?language=sv-SE&leg=leg-7&context=hint HTTP/1.1"));
}

static void a_model_that_is_none(void **state)
{
    struct room *room = *state;
    struct recogniser_conf conf = {room->loop, room->fetch, &room->conf};

    room->conf.model = "/tmp/offhook-none";
#ifdef HAVE_POCKETSPHINX
    assert_int_equal(recogniser_start(&room->recogniser, &conf), ENOENT);
#else
    assert_int_equal(recogniser_start(&room->recogniser, &conf), ENOSYS);
#endif
    assert_null(room->recogniser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(without_an_engine_it_says_so),
        CASE(refuses_what_is_no_language),
        CASE(takes_turns),
        CASE(nobody_waits_without_a_queue),
        CASE(waiting_counts),
        CASE(stops_before_the_fetch),
        CASE(stops_after_the_fetch),
        CASE(may_be_asked_while_it_tells),
        CASE(takes_nothing_while_it_stops),
        CASE(copies_the_request),
        CASE(a_model_that_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
