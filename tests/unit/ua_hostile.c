/* ua_hostile.c: what strangers and broken peers send over real UDP and TCP. */
#include "ua_kit.h"
#include "base/clock.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static struct phone bob;
static int fd;
static unsigned port, serial;
static char out[66000], in[66000];

static int setup(void **state)
{
    (void)state;
    kit_start();
    phone_start(&bob, "udp,tcp", false);
    fd = raw_open(&port);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close(fd);
    phone_stop(&bob);
    kit_stop();
    return 0;
}

#define CONTACT "Contact: <sip:raw@127.0.0.1:%u>\r\n"

/* Writes a request with fresh branch and the given Call-ID to `out`. */
static size_t request(const char *method, const char *call_id, const char *to_tag, unsigned cseq,
                      const char *lines, const char *body)
{
    return (size_t)snprintf(out, sizeof out,
                            "%s sip:bob@127.0.0.1:%u SIP/2.0\r\n"
                            "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%u\r\n"
                            "Max-Forwards: 70\r\n"
                            "From: <sip:raw@127.0.0.1>;tag=raw\r\n"
                            "To: <sip:bob@127.0.0.1>%s%s\r\n"
                            "Call-ID: %s\r\n"
                            "CSeq: %u %s\r\n"
                            "%s%s"
                            "Content-Length: %zu\r\n\r\n%s",
                            method, ua_port(bob.ua, "udp"), port, ++serial, to_tag ? ";tag=" : "",
                            to_tag ? to_tag : "", call_id, cseq, method, lines ? lines : "",
                            body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
}

static void send_out(size_t size)
{
    raw_send(fd, ua_port(bob.ua, "udp"), out, size);
}

/* Waits for a response with this status; other ones pass by. */
static void expect(int status)
{
    for (int i = 0; i < 20; i++) {
        assert_true(raw_receive(fd, in, sizeof in, 10000) > 0);
        if (!strncmp(in, "SIP/2.0 ", 8) && atoi(in + 8) == status)
            return;
        if (!strncmp(in, "SIP/2.0 ", 8) && atoi(in + 8) >= 200)
            print_error("wanted %d, got %.60s\n", status, in);
        assert_false(!strncmp(in, "SIP/2.0 ", 8) && atoi(in + 8) >= 200);
    }
    fail();
}

static void expect_silence(void)
{
    assert_int_equal(raw_receive(fd, in, sizeof in, 60), 0);
}

/* The value of a header of `in`, or its tag. */
static void read_tag(char tag[64])
{
    const char *to = strstr(in, "\r\nTo:");
    const char *at = to ? strstr(to, ";tag=") : NULL;

    assert_non_null(at);
    snprintf(tag, 64, "%.*s", (int)strcspn(at + 5, "\r\n;>"), at + 5);
}

static const char *contact(void)
{
    static char line[64];

    snprintf(line, sizeof line, CONTACT, port);
    return line;
}

/* A whole call, to see that all is well. */
static void still_serves(void)
{
    char tag[64], id[32];
    unsigned calls = bob.calls;
    struct side *side;

    snprintf(id, sizeof id, "fine-%u", serial);
    send_out(request("INVITE", id, NULL, 1, contact(), KIT_SDP));
    until(bob.calls == calls + 1);
    side = &bob.incoming[calls % 64];
    dialog_answer(side->dialog, KIT_SDP);
    expect(200);
    read_tag(tag);
    send_out(request("ACK", id, tag, 1, NULL, ""));
    until(side->acked == 1);
    send_out(request("BYE", id, tag, 2, NULL, ""));
    expect(200);
    until(side->ended == 1);
    until(ua_dialogs(bob.ua) == 0);
}

/* The packets that kill an unguarded NUA when it answers 200 and gets no ACK. */
static const char *const deadly[] = {
    "Contact: *\r\n",
    "Contact: <foo>\r\n",
    "Contact: <tel:1>\r\n",
    "Contact: <http://x/>\r\n",
    "Contact: <sip:raw@127.0.0.1:1>\r\nRecord-Route: <foo>\r\n",
    /* and their relations */
    "",
    "Contact: <sip:>\r\n",
    "Contact: <sip:a@127.0.0.1>, <sip:b@127.0.0.1>\r\n",
    "Contact: <sip:raw@127.0.0.1:1>\r\nRecord-Route: <sip:127.0.0.1;lr>, <tel:1>\r\n",
    "Contact: <urn:x:y>\r\n",
    "Contact:\r\n",
};

static void answers_400_to_bad_targets(void **state)
{
    char id[32];

    (void)state;
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) {
        snprintf(id, sizeof id, "deadly-%zu", i);
        send_out(request("INVITE", id, NULL, 1, deadly[i], KIT_SDP));
        expect(400);
        assert_int_equal(bob.calls, 0);
        assert_int_equal(ua_dialogs(bob.ua), 0);
    }
    still_serves();
}

/* The same as a change of target inside a call that is up. */
static void keeps_the_target_of_a_call(void **state)
{
    struct side *side = &bob.incoming[0];
    char tag[64];
    unsigned cseq = 1;

    (void)state;
    send_out(request("INVITE", "target", NULL, cseq++, contact(), KIT_SDP));
    until(bob.calls == 1);
    dialog_answer(side->dialog, KIT_SDP);
    expect(200);
    read_tag(tag);
    send_out(request("ACK", "target", tag, 1, NULL, ""));
    until(side->acked);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) {
        send_out(request("INVITE", "target", tag, cseq++, deadly[i], KIT_SDP));
        expect(400);
        if (!deadly[i][0])
            continue; /* an UPDATE may lack it */
        send_out(request("UPDATE", "target", tag, cseq++, deadly[i], KIT_SDP));
        expect(400);
    }
    assert_int_equal(side->reoffers, 0);
    dialog_hangup(side->dialog, 0, 0);
    do
        assert_true(raw_receive(fd, in, sizeof in, 10000) > 0);
    while (strncmp(in, "BYE ", 4)); /* and it comes here */
    until(side->ended);
}

/* Without the blank line nothing of a request is believed. */
static void needs_the_blank_line(void **state)
{
    size_t size = request("INVITE", "cut", NULL, 1, "Contact: <foo>\r\n", "");

    (void)state;
    send_out(size - 2);
    expect(505);
    assert_int_equal(bob.calls, 0);
    still_serves();
}

static void strangers_get_nothing(void **state)
{
    static const char *const methods[] = {
        "INVITE", "OPTIONS", "REGISTER", "SUBSCRIBE", "MESSAGE", "BYE",      "CANCEL", "INFO",
        "UPDATE", "ACK",     "REFER",    "NOTIFY",    "PRACK",   "NONSENSE", "invite", "PUBLISH"};
    static const char *const broken[] = {
        "\r\n\r\n",
        "hello\r\n\r\n",
        "INVITE\r\n\r\n",
        "INVITE sip:x SIP/2.0\r\n\r\n",
        "INVITE sip:x SIP/9.0\r\nVia: SIP/2.0/UDP 127.0.0.1\r\n\r\n",
        "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\n",
        "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKx\r\n\r\n",
        "SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\n",
        "\xf8\x01\x02\x03\x04\x05\x06\x07\x08",
    };
    /* a STUN binding request */
    static const char stun[] = "\0\1\0\0\x21\x12\xa4\x42"
                               "abcdefghijkl";

    (void)state;
    bob.verdict = UA_IGNORE;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        send_out(request(methods[i], "stranger", i % 2 ? "x" : NULL, 1, contact(), KIT_SDP));
        expect_silence();
    }
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        raw_send(fd, ua_port(bob.ua, "udp"), broken[i], strlen(broken[i]));
        expect_silence();
    }
    raw_send(fd, ua_port(bob.ua, "udp"), stun, 20);
    expect_silence();
    assert_int_equal(bob.calls, 0);
    bob.verdict = UA_ALLOW;
    raw_send(fd, ua_port(bob.ua, "udp"), stun, 20);
    expect_silence();
    still_serves();
}

/* A stranger who knows a Call-ID may end that call, but not make another. */
static void a_known_call_id_is_no_ticket(void **state)
{
    struct side *side = &bob.incoming[0];
    struct side caller;
    char tag[64], uri[64], id[128];
    const char *at;

    (void)state;
    /* bob calls the raw socket, which is nobody he takes calls from */
    bob.verdict = UA_IGNORE;
    snprintf(uri, sizeof uri, "sip:raw@127.0.0.1:%u", port);
    assert_int_equal(phone_call(&bob, &caller, uri, KIT_SDP), 0);
    assert_true(raw_receive(fd, in, sizeof in, 10000) > 0);
    at = strstr(in, "Call-ID: ");
    assert_non_null(at);
    snprintf(id, sizeof id, "%.*s", (int)strcspn(at + 9, "\r\n"), at + 9);
    send_out(request("INVITE", id, NULL, 1, contact(), KIT_SDP));
    expect_silence();
    send_out(request("OPTIONS", id, NULL, 1, contact(), ""));
    expect_silence();
    assert_int_equal(bob.calls, 0);
    at = strstr(in, "From:");
    dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended);
    /* and in a call that came from an allowed one, the BYE may come from elsewhere */
    bob.verdict = UA_ALLOW;
    send_out(request("INVITE", "moves", NULL, 1, contact(), KIT_SDP));
    until(bob.calls == 1);
    bob.verdict = UA_IGNORE;
    dialog_answer(side->dialog, KIT_SDP);
    do
        assert_true(raw_receive(fd, in, sizeof in, 10000) > 0);
    while (!strstr(in, "CSeq: 1 INVITE") || strncmp(in, "SIP/2.0 200", 11));
    read_tag(tag);
    send_out(request("ACK", "moves", tag, 1, NULL, ""));
    until(side->acked);
    /* but an INVITE that only looks like one of that call is nobody's */
    send_out(request("INVITE", "moves", "bogus", 7, contact(), KIT_SDP));
    expect(481);
    assert_int_equal(bob.calls, 1);
    send_out(request("ACK", "moves", "bogus", 7, NULL, ""));
    send_out(request("BYE", "moves", tag, 8, NULL, ""));
    until(side->ended);
}

static void asks_once_a_call(void **state)
{
    size_t size = request("INVITE", "again", NULL, 1, contact(), KIT_SDP);

    (void)state;
    for (int i = 0; i < 3; i++) /* retransmitted */
        send_out(size);
    until(bob.calls == 1);
    kit_idle(50);
    assert_int_equal(bob.asked, 1);
    assert_int_equal(bob.calls, 1);
    dialog_hangup(bob.incoming[0].dialog, 486, 0);
    until(bob.incoming[0].ended);
}

static void strangers_over_tcp(void **state)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int tcp = socket(AF_INET, SOCK_STREAM, 0);
    size_t size = request("OPTIONS", "tcp", NULL, 1, contact(), "");

    (void)state;
    bob.verdict = UA_IGNORE;
    to.sin_port = htons((uint16_t)ua_port(bob.ua, "tcp"));
    assert_int_equal(connect(tcp, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(send(tcp, out, size, 0), size);
    for (int i = 0; i < 20; i++) {
        ua_root_step(kit_root, 10);
        assert_true(recv(tcp, in, sizeof in, MSG_DONTWAIT) <= 0); /* never a byte */
    }
    assert_int_equal(bob.asked, 1);
    close(tcp);
    bob.verdict = UA_ALLOW;
    still_serves();
}

static void answers_options(void **state)
{
    (void)state;
    send_out(request("OPTIONS", "ping", NULL, 1, NULL, ""));
    expect(200);
    assert_non_null(strstr(in, "\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"));
    assert_non_null(strstr(in, "\r\nAccept: application/sdp"));
    ua_drain(bob.ua, true);
    send_out(request("OPTIONS", "ping2", NULL, 1, NULL, ""));
    expect(503);
    assert_non_null(strstr(in, "\r\nRetry-After: "));
    assert_int_equal(ua_dialogs(bob.ua), 0);
}

static void in_a_call(void **state)
{
    struct side *side = &bob.incoming[0];
    char tag[64];
    size_t size;

    (void)state;
    send_out(request("INVITE", "talk", NULL, 1, contact(), KIT_SDP));
    until(bob.calls == 1);
    /* early: an UPDATE with an offer has to wait */
    dialog_ring(side->dialog, NULL);
    expect(180);
    read_tag(tag);
    dialog_answer(side->dialog, KIT_SDP);
    expect(200);
    send_out(request("ACK", "talk", tag, 1, NULL, ""));
    until(side->acked);
    send_out(request("OPTIONS", "talk", tag, 2, NULL, ""));
    expect(200);
    size =
        (size_t)snprintf(out, sizeof out,
                         "INFO sip:bob@127.0.0.1 SIP/2.0\r\n"
                         "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKinfo\r\n"
                         "From: <sip:raw@127.0.0.1>;tag=raw\r\nTo: <sip:bob@127.0.0.1>;tag=%s\r\n"
                         "Call-ID: talk\r\nCSeq: 3 INFO\r\n"
                         "Content-Type: application/dtmf-relay\r\n"
                         "Content-Length: 24\r\n\r\nSignal=5\r\nDuration=160\r\n",
                         port, tag);
    send_out(size);
    expect(200);
    until(side->infos == 1);
    assert_string_equal(side->type, "application/dtmf-relay");
    assert_string_equal(side->body, "Signal=5\r\nDuration=160\r\n");
    send_out(request("UPDATE", "talk", tag, 4, contact(), "")); /* a session timer's */
    expect(200);
    assert_int_equal(side->reoffers, 0);
    send_out(request("UPDATE", "talk", tag, 5, contact(), KIT_SDP_2));
    until(side->reoffers == 1);
    send_out(request("INVITE", "talk", tag, 6, contact(), KIT_SDP)); /* before its answer */
    expect(500);
    send_out(request("ACK", "talk", tag, 6, NULL, ""));
    assert_string_equal(side->sdp, KIT_SDP_2);
    dialog_reoffer_answer(side->dialog, KIT_SDP);
    expect(200);
    assert_non_null(strstr(in, "m=audio 40000"));
    send_out(request("INVITE", "talk", tag, 7, contact(), KIT_SDP));
    until(side->reoffers == 2);
    send_out(request("BYE", "talk", tag, 8, NULL, "")); /* with that open */
    until(side->ended == 1);
    assert_int_equal(side->status, 200);
    assert_true(side->remote);
    assert_int_equal(ua_dialogs(bob.ua), 0);
}

static void bye_before_ack(void **state)
{
    struct side *side = &bob.incoming[0];
    char tag[64];

    (void)state;
    send_out(request("INVITE", "hasty", NULL, 1, contact(), KIT_SDP));
    until(bob.calls == 1);
    dialog_answer(side->dialog, KIT_SDP);
    expect(200);
    read_tag(tag);
    send_out(request("BYE", "hasty", tag, 2, "Reason: Q.850;cause=17\r\n", ""));
    until(side->ended == 1);
    assert_int_equal(side->acked, 0);
    assert_int_equal(side->q850, 17);
    kit_idle(50);
    assert_int_equal(side->ended, 1);
    assert_int_equal(ua_dialogs(bob.ua), 0);
}

/* We hang up while the ACK to our 200 is on its way: the BYE waits for it. */
static void hangup_before_ack(void **state)
{
    struct side *side = &bob.incoming[0];
    char tag[64];

    (void)state;
    send_out(request("INVITE", "slow", NULL, 1, contact(), KIT_SDP));
    until(bob.calls == 1);
    dialog_answer(side->dialog, KIT_SDP);
    expect(200);
    read_tag(tag);
    dialog_hangup(side->dialog, 0, 0);
    kit_idle(100);
    while (raw_receive(fd, in, sizeof in, 10))
        assert_true(strncmp(in, "BYE", 3));
    send_out(request("ACK", "slow", tag, 1, NULL, ""));
    do
        assert_true(raw_receive(fd, in, sizeof in, 10000) > 0);
    while (strncmp(in, "BYE ", 4));
    until(side->ended == 1);
    assert_false(side->remote);
}

static void forked_early_media(void **state)
{
    static struct side caller;
    char uri[64], via[256], from[256], id[128], cseq[64];
    const char *at;

    (void)state;
    snprintf(uri, sizeof uri, "sip:raw@127.0.0.1:%u", port);
    assert_int_equal(phone_call(&bob, &caller, uri, KIT_SDP), 0);
    assert_true(raw_receive(fd, in, sizeof in, 10000) > 0);
#define LINE(name, to)                                                             \
    do {                                                                           \
        at = strstr(in, "\r\n" name ":");                                          \
        assert_non_null(at);                                                       \
        snprintf(to, sizeof to, "%.*s\r\n", (int)strcspn(at + 2, "\r\n"), at + 2); \
    } while (0)
    LINE("Via", via);
    LINE("From", from);
    LINE("Call-ID", id);
    LINE("CSeq", cseq);
    for (int i = 0; i < 3; i++) {
        static const char *const status[] = {"183 Progress", "183 Progress", "200 OK"};
        static const char *const tags[] = {"AAA", "BBB", "BBB"};

        send_out((size_t)snprintf(out, sizeof out,
                                  "SIP/2.0 %s\r\n%s%sTo: <sip:raw@127.0.0.1>;tag=%s\r\n%s%s" CONTACT
                                  "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
                                  status[i], via, from, tags[i], id, cseq, port, strlen(KIT_SDP),
                                  KIT_SDP));
        if (i < 2) {
            until(caller.progress == i + 1);
            assert_string_equal(caller.branch, tags[i]);
        }
    }
    until(caller.answered);
    dialog_ack(caller.dialog, NULL);
    assert_true(raw_receive(fd, in, sizeof in, 10000) > 0);
    assert_memory_equal(in, "ACK ", 4);
    assert_non_null(strstr(in, ";tag=BBB"));
    bob.verdict = UA_IGNORE; /* who is called may hang up, wherever he is */
    id[strcspn(id, "\r")] = '\0';
    from[strcspn(from, "\r")] = '\0';
    send_out((size_t)snprintf(
        out, sizeof out,
        "BYE sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKb\r\n"
        "From: <sip:raw@127.0.0.1>;tag=BBB\r\nTo%s\r\n%s\r\nCSeq: 9 BYE\r\n"
        "Content-Length: 0\r\n\r\n",
        port, from + 4, id));
    until(caller.ended == 1);
    expect(200);
}

/* A 200 with a Contact that cannot be dialled, and our BYE to it. */
static void answered_from_nowhere(void **state)
{
    static struct side caller;
    char uri[64], via[256], from[256], id[128], cseq[64];
    const char *at;

    (void)state;
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) {
        if (!strcmp(deadly[i], "Contact: <sip:>\r\n") || !strcmp(deadly[i], "Contact:\r\n"))
            continue; /* syntax the parser knows for bad: no response at all */
        snprintf(uri, sizeof uri, "sip:raw@127.0.0.1:%u", port);
        assert_int_equal(phone_call(&bob, &caller, uri, KIT_SDP), 0);
        do
            assert_true(raw_receive(fd, in, sizeof in, 10000) > 0);
        while (strncmp(in, "INVITE ", 7));
        LINE("Via", via);
        LINE("From", from);
        LINE("Call-ID", id);
        LINE("CSeq", cseq);
        send_out((size_t)snprintf(out, sizeof out,
                                  "SIP/2.0 200 OK\r\n%s%sTo: <sip:raw@127.0.0.1>;tag=A\r\n%s%s%s"
                                  "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
                                  via, from, id, cseq, deadly[i], strlen(KIT_SDP), KIT_SDP));
        until(caller.answered || caller.ended);
        if (caller.dialog) {
            dialog_ack(caller.dialog, NULL);
            dialog_hangup(caller.dialog, 0, 0);
        }
        until(caller.ended == 1);
    }
    send_out(request("OPTIONS", "alive", NULL, 1, NULL, ""));
    for (int i = 0; i < 200 && strncmp(in, "SIP/2.0 200", 11); i++)
        assert_true(raw_receive(fd, in, sizeof in, 10000) > 0);
    assert_memory_equal(in, "SIP/2.0 200", 11);
}

/* A 200 to no call of ours asks nothing of us: no ACK, no BYE to where its Contact says. */
static void ignores_orphan_answers(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        bob.verdict = known ? UA_ALLOW : UA_IGNORE;
        send_out(
            (size_t)snprintf(out, sizeof out,
                             "SIP/2.0 200 OK\r\n"
                             "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKorphan\r\n"
                             "From: <sip:bob@127.0.0.1>;tag=b\r\nTo: <sip:raw@127.0.0.1>;tag=r\r\n"
                             "Call-ID: orphan\r\nCSeq: 1 INVITE\r\n"
                             "Contact: <sip:raw@127.0.0.1:%u>\r\nContent-Length: 0\r\n\r\n",
                             ua_port(bob.ua, "udp"), port));
        expect_silence();
    }
    still_serves();
}

/* What cannot be answered with SDP; and white space in the URI of a request. */
static void refuses_what_it_cannot_serve(void **state)
{
    char lines[128], *at;
    size_t size;

    (void)state;
    snprintf(lines, sizeof lines, "%sAccept: text/plain, application/isup\r\n", contact());
    send_out(request("INVITE", "accept", NULL, 1, lines, KIT_SDP));
    expect(406);
    send_out(request("ACK", "accept", "x", 1, NULL, ""));
    size = request("OPTIONS", "crooked", NULL, 1, NULL, "");
    at = strstr(out, "bob@");
    assert_non_null(at);
    at[1] = ' ';
    send_out(size);
    do
        assert_true(raw_receive(fd, in, sizeof in, 10000) > 0);
    while (!strstr(in, "crooked"));
    assert_memory_equal(in, "SIP/2.0 400", 11);
    assert_int_equal(bob.calls, 0);
}

/* The Via of a request that names a private address; nobody listens there. */
static size_t hidden_request(const char *method, const char *host, const char *more)
{
    return (size_t)snprintf(out, sizeof out,
                            "%s sip:bob@127.0.0.1 SIP/2.0\r\n"
                            "Via: SIP/2.0/UDP %s:9;branch=z9hG4bK%u\r\n%s"
                            "From: <sip:raw@127.0.0.1>;tag=raw\r\nTo: <sip:bob@127.0.0.1>\r\n"
                            "Call-ID: hidden-%u\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
                            method, host, serial + 1, more, serial + 1, method);
}

static void answers_where_it_came_from(void **state)
{
    static const char *const hidden[] = {"10.1.2.3",    "172.16.0.1",  "172.31.255.1",
                                         "192.168.1.1", "169.254.1.1", "100.64.0.1",
                                         "100.127.9.9", "[fd00::1]",   "[fe80::1]"};
    static const char *const open[] = {"172.32.0.1", "100.128.0.1", "127.0.0.2", "[2001:db8::1]"};

    (void)state;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++, serial++) {
        send_out(hidden_request("OPTIONS", hidden[i], ""));
        expect(200);
        assert_non_null(strstr(in, ";rport="));
    }
    for (size_t i = 0; i < sizeof open / sizeof *open; i++, serial++) {
        send_out(hidden_request("OPTIONS", open[i], ""));
        expect_silence(); /* it is sent to port 9 */
    }
    send_out(hidden_request("OPTIONS", "10.1.2.3",
                            "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKproxied\r\n"));
    expect_silence(); /* a proxy's own address is its own business */
    serial++;
}

/* A private Contact of such a one is where it came from; behind a Record-Route it stays. */
static void calls_back_where_it_came_from(void **state)
{
    static const struct {
        const char *lines;
        bool comes;
    } rows[] = {
        {"Contact: <sip:raw@192.168.7.7:4000;x=y>\r\n", true},
        {"Contact: <sip:raw@192.0.2.7:4000>\r\n", false},
        {"Contact: <sip:raw@192.168.7.7:4000>\r\nRecord-Route: <sip:192.0.2.8;lr>\r\n", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++, serial++) {
        unsigned calls = bob.calls;
        struct side *side;
        char tag[64], *to;

        send_out(hidden_request("INVITE", "10.1.2.3", rows[i].lines));
        until(bob.calls == calls + 1);
        side = &bob.incoming[calls % 64];
        dialog_answer(side->dialog, KIT_SDP);
        expect(200);
        read_tag(tag);
        hidden_request("ACK", "10.1.2.3", "");
        to = strstr(out, "bob@127.0.0.1>\r\nCall-ID");
        assert_non_null(to);
        to += strlen("bob@127.0.0.1>");
        memmove(to + strlen(tag) + 5, to, strlen(to) + 1);
        memcpy(to, ";tag=", 5);
        memcpy(to + 5, tag, strlen(tag));
        send_out(strlen(out));
        until(side->acked == 1);
        dialog_hangup(side->dialog, 0, 0);
        if (!rows[i].comes) {
            expect_silence();
            continue;
        }
        do
            assert_true(raw_receive(fd, in, sizeof in, 10000) > 0);
        while (strncmp(in, "BYE ", 4));
        assert_non_null(strstr(in, ";x=y"));
    }
}

/* More lines than anybody needs are not worth the time to read them; a length that is a lie neither
 * takes memory nor wraps. */
static void excess_is_not_read(void **state)
{
    static const char *const lengths[] = {"33000", "2147483647", "2147483648", "4294967295"};
    static char lines[300 * 4 + 1];
    int tcp;

    (void)state;
    for (size_t i = 0; i + 4 < sizeof lines; i += 4)
        memcpy(lines + i, "Z:\r\n", 4);
    send_out(request("OPTIONS", "lines", NULL, 1, lines, ""));
    expect_silence();
    lines[200 * 4] = '\0';
    send_out(request("OPTIONS", "lines", NULL, 1, lines, ""));
    expect(200);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char text[512];
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

        to.sin_port = htons((uint16_t)ua_port(bob.ua, "tcp"));
        tcp = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(tcp, (struct sockaddr *)&to, sizeof to), 0);
        assert_int_equal(fcntl(tcp, F_SETFL, O_NONBLOCK), 0);
        snprintf(
            text, sizeof text,
            "OPTIONS sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKl%zu\r\n"
            "From: <sip:a@b>;tag=a\r\nTo: <sip:c@d>\r\nCall-ID: length-%zu\r\nCSeq: 1 OPTIONS\r\n"
            "Content-Length: %s\r\n\r\nabc",
            i, i, lengths[i]);
        assert_int_equal(write(tcp, text, strlen(text)), strlen(text));
        assert_true(raw_receive(tcp, in, sizeof in, 10000) > 0);
        assert_memory_equal(in, "SIP/2.0 413", 11);
        close(tcp);
    }
    still_serves();
}

/* Deterministic damage to a good INVITE and its relations: the daemon lives, and no
 * dialog is left behind. */
static void survives_mutation(void **state)
{
    static const char *const methods[] = {"INVITE", "OPTIONS", "BYE", "UPDATE", "INFO", "ACK"};
    uint32_t random = 4711;
    char id[32];

    (void)state;
    bob.keep = false; /* each call is answered 500 */
    for (int round = 0; round < 3000; round++) {
        size_t size;

        snprintf(id, sizeof id, "mutant-%d", round);
        size = request(methods[round % 6], id, round % 5 ? NULL : "x", 1, contact(), KIT_SDP);
        for (int i = 0; i <= round % 7; i++) {
            random = random * 1664525 + 1013904223;
            out[(random >> 8) % size] =
                (round & 1) ? (char)(random >> 24) : ":;<>@,\r\n \"0"[(random >> 24) % 11];
        }
        send_out(size);
        ua_root_step(kit_root, 0);
        while (recv(fd, in, sizeof in, 0) > 0)
            ;
    }
    kit_idle(50);
    while (recv(fd, in, sizeof in, 0) > 0)
        ;
    until(ua_dialogs(bob.ua) == 0);
    bob.keep = true;
    bob.calls = 0;
    still_serves();
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(answers_400_to_bad_targets),
        CASE(keeps_the_target_of_a_call),
        CASE(needs_the_blank_line),
        CASE(strangers_get_nothing),
        CASE(a_known_call_id_is_no_ticket),
        CASE(ignores_orphan_answers),
        CASE(refuses_what_it_cannot_serve),
        CASE(excess_is_not_read),
        CASE(answers_where_it_came_from),
        CASE(calls_back_where_it_came_from),
        CASE(asks_once_a_call),
        CASE(strangers_over_tcp),
        CASE(answers_options),
        CASE(in_a_call),
        CASE(bye_before_ack),
        CASE(hangup_before_ack),
        CASE(forked_early_media),
        CASE(answered_from_nowhere),
        CASE(survives_mutation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
