/* recogniser_remote.c: speech as text by a server: what it is sent, what its replies mean, and
 * what is told when it fails. */
#include "recogniser_rig.h"

static void sends_the_utterance_and_the_request(void **state)
{
    static const char *const headers[] = {"Authorization", "Bearer hush", "X-Other", "1", NULL};
    static const char *const context[] = {"yes & no", "caf\xc3\xa9", ""};
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard;

    room->conf.headers = (const char **)headers;
    room_ask_server(room, "/yes?key=k#part");
    assert_true(recogniser_has(room->recogniser));
    request.language = "sv-SE";
    request.context = context;
    request.context_count = 3;
    request.sensitivity = 90;
    room_hear(room, &request, &heard);
    assert_false(heard.failed);
    assert_int_equal(heard.count, 1);
    assert_string_equal(heard.results[0].text, "yes");
    assert_true(heard.results[0].confidence == 0.9);
    assert_ptr_equal(strstr(server.head,
                            "POST /yes?key=k&language=sv-SE&sensitivity=90&leg=leg-1&"
                            "application=app-1&context=yes%20%26%20no&context=caf%C3%A9 HTTP/1.1"),
                     server.head);
    assert_non_null(strstr(server.head, "\r\nContent-Type: audio/wav\r\n"));
    assert_non_null(strstr(server.head, "\r\nAuthorization: Bearer hush\r\n"));
    assert_non_null(strstr(server.head, "\r\nX-Other: 1\r\n"));
    assert_int_equal(server.size, 18);
    assert_memory_equal(server.body, "RIFF, for instance", 18);
}

static void sends_what_is_said_only(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = {.path = room->path, .language = ""};
    struct heard heard;

    room_ask_server(room, "/yes");
    room_hear(room, &request, &heard);
    assert_ptr_equal(strstr(server.head, "POST /yes?language=en-US HTTP/1.1\r\n"), server.head);
}

/* Hints as many as fit; the others are left out, whole. */
static void sends_hints_while_they_fit(void **state)
{
    enum { MANY = 400 };
    static char texts[MANY][32];
    static const char *context[MANY + 1];
    static char huge[RECOGNISER_CONTEXT_BYTES];
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard;
    unsigned n = 0;
    const char *at;

    memset(huge, 'x', sizeof huge - 1);
    context[0] = huge;
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof texts[i], "word number %u", i);
        context[i + 1] = texts[i];
    }
    request.context = context;
    request.context_count = MANY + 1;
    room_ask_server(room, "/yes");
    room_hear(room, &request, &heard);
    assert_int_equal(heard.count, 1);
    assert_null(strstr(server.head, "xx"));
    for (at = server.head; (at = strstr(at, "&context=word%20number%20")); n++) {
        at += 25;
        assert_int_equal(strtoul(at, NULL, 10), n);
    }
    assert_true(n > 200 && n < MANY);
    assert_true(strcspn(server.head, "\r") < RECOGNISER_CONTEXT_BYTES + 200);
}

static void sends_the_longest_utterance(void **state)
{
    size_t size = 44 + (size_t)60 * 16000 * 2;
    char *sound = malloc(size);
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard;

    for (size_t i = 0; i < size; i++)
        sound[i] = (char)(i * 2654435761u >> 13);
    room_write(room, sound, size);
    room_ask_server(room, "/yes");
    room_hear(room, &request, &heard);
    assert_false(heard.failed);
    assert_int_equal(server.size, size);
    assert_memory_equal(server.body, sound, size);
    free(sound);
}

static void orders_results(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard;

    room_ask_server(room, "/as-told");
    strcpy(server.reply,
           "{\"results\":[{\"text\":\"a\",\"confidence\":0.25},"
           "{\"text\":\"b\",\"confidence\":\"0.94\"},{\"text\":\" \",\"confidence\":1},"
           "{\"text\":\"c\",\"confidence\":0.25},{\"text\":\"\",\"confidence\":1},"
           "{\"text\":\"\\u00e9\",\"confidence\":1}],\"error\":\"\",\"more\":[]}");
    room_hear(room, &request, &heard);
    assert_false(heard.failed);
    assert_int_equal(heard.count, 4);
    assert_string_equal(heard.results[0].text, "\xc3\xa9");
    assert_string_equal(heard.results[1].text, "b");
    assert_true(heard.results[1].confidence == 0.94);
    assert_string_equal(heard.results[2].text, "a");
    assert_string_equal(heard.results[3].text, "c");
}

static void keeps_the_best_of_many(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard;

    room_ask_server(room, "/as-told");
    strcpy(server.reply, "{\"results\":[");
    for (unsigned i = 0; i < 100; i++)
        sprintf(server.reply + strlen(server.reply), "%s{\"text\":\"t%u\",\"confidence\":0.%02u}",
                i ? "," : "", i * 37 % 100, i * 37 % 100);
    strcat(server.reply, "]}");
    room_hear(room, &request, &heard);
    assert_int_equal(heard.count, RECOGNISER_RESULTS_MAX);
    for (unsigned i = 0; i < heard.count; i++) {
        char text[8];

        snprintf(text, sizeof text, "t%u", 99 - i);
        assert_string_equal(heard.results[i].text, text);
    }
}

static void hears_nothing_understood(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard;

    room_ask_server(room, "/as-told");
    strcpy(server.reply, "{\"results\":[]}");
    room_hear(room, &request, &heard);
    assert_false(heard.failed);
    assert_int_equal(heard.count, 0);
}

static void tells_why_a_reply_is_none(void **state)
{
    static const struct {
        const char *path, *reply, *error;
    } cases[] = {
        {"/status/500", "", RECOGNISER_FAILED ": HTTP status 500"},
        {"/status/302", "{\"results\":[]}", RECOGNISER_FAILED ": HTTP status 302"},
        {"/status/400", "{\"error\":\"no such language\"}", RECOGNISER_FAILED ": no such language"},
        {"/as-told", "{\"error\":\"no model\",\"results\":[]}", RECOGNISER_FAILED ": no model"},
        {"/as-told", "", RECOGNISER_FAILED ": the reply is not JSON"},
        {"/as-told", "{\"results\":[", RECOGNISER_FAILED ": the reply is not JSON"},
        {"/as-told", "[]", RECOGNISER_FAILED ": the reply has no results"},
        {"/as-told", "{\"results\":{}}", RECOGNISER_FAILED ": the reply has no results"},
        {"/as-told", "{\"error\":5}", RECOGNISER_FAILED ": the reply has no results"},
        {"/as-told", "{\"results\":[5]}", RECOGNISER_FAILED ": results[0].text is no text"},
        {"/as-told", "{\"results\":[{\"text\":\"a\",\"confidence\":1},{\"text\":null}]}",
         RECOGNISER_FAILED ": results[1].text is no text"},
        {"/as-told", "{\"results\":[{\"text\":\"a\"}]}",
         RECOGNISER_FAILED ": results[0].confidence is no number from 0 to 1"},
        {"/as-told", "{\"results\":[{\"text\":\"a\",\"confidence\":1.5}]}",
         RECOGNISER_FAILED ": results[0].confidence is no number from 0 to 1"},
        {"/as-told", "{\"results\":[{\"text\":\"a\",\"confidence\":\"nan\"}]}",
         RECOGNISER_FAILED ": results[0].confidence is no number from 0 to 1"},
        {"/as-told", "{\"results\":[{\"text\":\"a\",\"confidence\":\"0.5x\"}]}",
         RECOGNISER_FAILED ": results[0].confidence is no number from 0 to 1"},
        {"/as-told", "{\"results\":[{\"text\":\"a\",\"confidence\":-0.1}]}",
         RECOGNISER_FAILED ": results[0].confidence is no number from 0 to 1"},
        {"/close", "", RECOGNISER_FAILED ": Connection closed."},
    };
    struct room *room = *state;
    struct recogniser_request request = room_request(room);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct heard heard;

        strcpy(server.reply, cases[i].reply);
        room_ask_server(room, cases[i].path);
        room_hear(room, &request, &heard);
        assert_true(heard.failed);
        assert_int_equal(heard.count, 0);
        assert_string_equal(heard.error, cases[i].error);
        room_end(room);
    }
}

static void tells_of_a_reply_too_large(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard;

    room_ask_server(room, "/as-told");
    strcpy(server.reply, "{\"results\":[{\"confidence\":1,\"text\":\"");
    memset(server.reply + strlen(server.reply), 'x', 5000);
    strcat(server.reply, "\"}]}");
    room_hear(room, &request, &heard);
    assert_string_equal(heard.error,
                        RECOGNISER_FAILED ": results[0].text is longer than 4096 bytes");
    memset(server.reply, ' ', sizeof server.reply - 1);
    room_hear(room, &request, &heard);
    assert_string_equal(heard.error, RECOGNISER_FAILED ": The reply is too large.");
}

/* A long error is cut between two characters. */
static void cuts_a_long_error(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);

    room_ask_server(room, "/as-told");
    for (unsigned shift = 0; shift < 3; shift++) {
        struct heard heard;
        size_t length;

        snprintf(server.reply, sizeof server.reply, "{\"error\":\"%.*s", (int)shift, "xx");
        for (unsigned i = 0; i < 200; i++)
            strcat(server.reply, "\xe2\x82\xac"); /* € */
        strcat(server.reply, "\"}");
        room_hear(room, &request, &heard);
        length = strlen(heard.error);
        assert_true(length >= RECOGNISER_ERROR - 4 && length < RECOGNISER_ERROR);
        assert_string_equal(heard.error + length - 3, "\xe2\x82\xac");
    }
}

static void tells_of_no_server(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard;
    unsigned port;

    close(server_listen(&port));
    snprintf(room->url, sizeof room->url, "http://127.0.0.1:%u/", port);
    room->conf.url = room->url;
    room_begin(room);
    room_hear(room, &request, &heard);
    assert_string_equal(heard.error, RECOGNISER_AWAY);
}

static void tells_of_no_file(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard;

    request.path = "/tmp/offhook-none/such.wav";
    room_ask_server(room, "/yes");
    room_hear(room, &request, &heard);
    assert_string_equal(heard.error, RECOGNISER_UNREADABLE);
    assert_int_equal(server.requests, 0);
}

static void tells_of_a_slow_server(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard;

    room->conf.timeout = 300;
    room_ask_server(room, "/dead");
    room_hear(room, &request, &heard);
    assert_string_equal(heard.error, RECOGNISER_SLOW);
}

/* Nothing that is a secret gets into the log, whatever goes wrong. */
static void logs_no_secret(void **state)
{
    static const char *const headers[] = {"Authorization", "Bearer hush", NULL};
    static const char *const paths[] = {"/status/401?key=hush", "/close?key=hush", "/yes?key=hush"};
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    static char log[65536];
    int old = dup(STDERR_FILENO);
    FILE *file = tmpfile();
    struct heard heard;

    log_set_level(LOG_DEBUG);
    dup2(fileno(file), STDERR_FILENO);
    room->conf.headers = (const char **)headers;
    strcpy(server.reply, "{\"error\":\"hush is not allowed in\"}");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        room_ask_server(room, paths[i]);
        room_hear(room, &request, &heard);
        room_end(room);
    }
    room->conf.timeout = 200;
    room_ask_server(room, "/dead?key=hush");
    room_hear(room, &request, &heard);
    dup2(old, STDERR_FILENO);
    close(old);
    log_set_level(LOG_INFO);
    rewind(file);
    log[fread(log, 1, sizeof log - 1, file)] = '\0';
    fclose(file);
    assert_non_null(strstr(log, "the server did not recognise leg=leg-1 status=401"));
    assert_non_null(strstr(log, "the server failed leg=leg-1: Connection closed."));
    assert_null(strstr(log, "hush"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(sends_the_utterance_and_the_request),
        CASE(sends_what_is_said_only),
        CASE(sends_hints_while_they_fit),
        CASE(sends_the_longest_utterance),
        CASE(orders_results),
        CASE(keeps_the_best_of_many),
        CASE(hears_nothing_understood),
        CASE(tells_why_a_reply_is_none),
        CASE(tells_of_a_reply_too_large),
        CASE(cuts_a_long_error),
        CASE(tells_of_no_server),
        CASE(tells_of_no_file),
        CASE(tells_of_a_slow_server),
        CASE(logs_no_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
