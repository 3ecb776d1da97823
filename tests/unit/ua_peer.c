/* ua_peer.c: see ua_peer.h. */
#include "ua_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

void peer_start(struct peer *peer, struct phone *phone)
{
    memset(peer, 0, sizeof *peer);
    peer->phone = phone;
    peer->fd = raw_open(&peer->port);
}

void peer_stop(struct peer *peer)
{
    close(peer->fd);
}

const char *peer_uri(const struct peer *peer)
{
    static char uri[64];

    snprintf(uri, sizeof uri, "sip:peer@127.0.0.1:%u", peer->port);
    return uri;
}

/* The value of a header of a message, without its line's end. */
static void value(const char *message, const char *name, char *out, size_t size)
{
    char key[64];
    const char *at;

    snprintf(key, sizeof key, "\r\n%s: ", name);
    at = strstr(message, key);
    if (!at)
        print_error("no %s in %s\n", name, message);
    assert_non_null(at);
    at += strlen(key);
    snprintf(out, size, "%.*s", (int)strcspn(at, "\r\n"), at);
}

static void read_tag(struct peer *peer, const char *name)
{
    char line[256];
    const char *at;

    value(peer->in, name, line, sizeof line);
    at = strstr(line, ";tag=");
    if (at)
        snprintf(peer->tag, sizeof peer->tag, "%.*s", (int)strcspn(at + 5, ";> "), at + 5);
}

static void read_target(struct peer *peer)
{
    char line[256], *open;

    if (!strstr(peer->in, "\r\nContact: "))
        return;
    value(peer->in, "Contact", line, sizeof line);
    open = strchr(line, '<');
    assert_non_null(open);
    snprintf(peer->target, sizeof peer->target, "%.*s", (int)strcspn(open + 1, ">"), open + 1);
}

static void send_text(const struct peer *peer, const char *text)
{
    raw_send(peer->fd, ua_port(peer->phone->ua, "udp"), text, strlen(text));
}

static void begin(struct peer *peer)
{
    static unsigned calls;

    peer->called = false;
    peer->tag[0] = '\0';
    snprintf(peer->call_id, sizeof peer->call_id, "by-hand-%u-%u", peer->port, ++calls);
    snprintf(peer->target, sizeof peer->target, "%s", phone_uri(peer->phone, "udp"));
    snprintf(peer->own, sizeof peer->own, "<sip:peer@127.0.0.1>;tag=hand");
    snprintf(peer->theirs, sizeof peer->theirs, "<sip:callee@127.0.0.1>");
    peer->cseq = 0;
}

void peer_send(struct peer *peer, const char *method, const char *lines, const char *body)
{
    char text[8192], theirs[400];
    bool ack = !strcmp(method, "ACK") || !strcmp(method, "CANCEL");

    if (!strcmp(method, "INVITE") && !peer->tag[0])
        begin(peer);
    snprintf(theirs, sizeof theirs, "%s%s%s", peer->theirs,
             peer->tag[0] && !strstr(peer->theirs, ";tag=") ? ";tag=" : "",
             peer->tag[0] && !strstr(peer->theirs, ";tag=") ? peer->tag : "");
    snprintf(text, sizeof text,
             "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKh%u\r\n"
             "Max-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
             "Contact: <%s>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
             method, peer->target, peer->port,
             !strcmp(method, "CANCEL") ? peer->branch : ++peer->branch, peer->own, theirs,
             peer->call_id, ack ? peer->cseq : ++peer->cseq, method, peer_uri(peer),
             lines ? lines : "",
             body && !(lines && strstr(lines, "Content-Type")) ? "Content-Type: application/sdp\r\n"
                                                               : "",
             body ? strlen(body) : 0, body ? body : "");
    send_text(peer, text);
}

void peer_reply(struct peer *peer, int status, const char *lines, const char *body)
{
    char text[8192], via[512], from[256], to[256], id[128], cseq[64];

    value(peer->request, "Via", via, sizeof via);
    value(peer->request, "From", from, sizeof from);
    value(peer->request, "To", to, sizeof to);
    value(peer->request, "Call-ID", id, sizeof id);
    value(peer->request, "CSeq", cseq, sizeof cseq);
    snprintf(text, sizeof text,
             "SIP/2.0 %d Said\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n"
             "Contact: <%s>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
             status, via, from, to, status == 100 || strstr(to, ";tag=") ? "" : ";tag=hand", id,
             cseq, peer_uri(peer), lines ? lines : "",
             body ? "Content-Type: application/sdp\r\n" : "", body ? strlen(body) : 0,
             body ? body : "");
    send_text(peer, text);
}

static void note_request(struct peer *peer)
{
    memcpy(peer->request, peer->in, sizeof peer->request);
    read_target(peer);
    if (strncmp(peer->in, "INVITE ", 7) || strstr(peer->in, "\r\nTo: ") == NULL)
        return;
    value(peer->in, "Call-ID", peer->call_id, sizeof peer->call_id);
    if (peer->called || peer->cseq)
        return;
    peer->called = true; /* a call to us */
    value(peer->in, "From", peer->theirs, sizeof peer->theirs);
    value(peer->in, "To", peer->own, sizeof peer->own);
    snprintf(peer->own + strlen(peer->own), sizeof peer->own - strlen(peer->own), ";tag=hand");
    read_tag(peer, "From");
}

static void note_response(struct peer *peer)
{
    if (peer->called)
        return;
    read_tag(peer, "To");
    read_target(peer);
}

void peer_expect(struct peer *peer, const char *start, int ms)
{
    bool provisional = !strncmp(start, "SIP/2.0 1", 9);

    for (;;) {
        if (!raw_receive(peer->fd, peer->in, sizeof peer->in, ms)) {
            print_error("no %s came\n", start);
            fail();
        }
        if (provisional || strncmp(peer->in, "SIP/2.0 1", 9) != 0)
            break;
    }
    if (strncmp(peer->in, start, strlen(start)) != 0)
        print_error("wanted %s, got %s\n", start, peer->in);
    assert_memory_equal(peer->in, start, strlen(start));
    if (strncmp(peer->in, "SIP/2.0 ", 8) != 0)
        note_request(peer);
    else
        note_response(peer);
}

void peer_expect_silence(struct peer *peer, int ms)
{
    if (raw_receive(peer->fd, peer->in, sizeof peer->in, ms)) {
        print_error("wanted nothing, got %s\n", peer->in);
        fail();
    }
}

bool peer_says(const struct peer *peer, const char *text)
{
    return strstr(peer->in, text) != NULL;
}

void peer_takes(struct peer *peer, struct side *side, const char *lines)
{
    int answered = side->answered;

    peer_expect(peer, "INVITE ", 5000);
    peer_reply(peer, 200, lines, KIT_SDP_2);
    until(side->answered == answered + 1);
    assert_int_equal(dialog_ack(side->dialog, NULL), 0);
    peer_expect(peer, "ACK ", 5000);
}

void peer_calls(struct peer *peer, const char *lines)
{
    struct side *side = &peer->phone->incoming[peer->phone->calls % 64];
    unsigned calls = peer->phone->calls;

    peer->tag[0] = '\0';
    peer_send(peer, "INVITE", lines, KIT_SDP);
    until(peer->phone->calls == calls + 1);
    assert_int_equal(dialog_answer(side->dialog, KIT_SDP_2), 0);
    peer_expect(peer, "SIP/2.0 200", 5000);
    peer_send(peer, "ACK", NULL, NULL);
    until(side->acked == 1);
}
