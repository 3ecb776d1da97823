/* offer_answer.c: answers to offers of every kind, by tables. */
#include "offer/offer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct offer_ability both = {.formats = {{CODEC_PCMU}, {CODEC_PCMA}}, .count = 2};
static const struct offer_ability alaw = {.formats = {{CODEC_PCMA}}, .count = 1};
static const struct offer_local here = {
    .address = "127.0.0.1", .port = 10000, .session = 77, .version = 3};

#define HEAD "v=0\r\no=peer 1 2 IN IP4 127.0.0.9\r\ns=call\r\n"
#define AT "c=IN IP4 127.0.0.9\r\n"
#define NOW "t=0 0\r\n"

struct result {
    int err;
    struct offer_agreed agreed;
    char sdp[OFFER_SDP], reason[OFFER_REASON];
};

static void answer(struct result *result, const char *offer)
{
    memset(result, 0, sizeof *result);
    result->err = offer_answer(&both, &here, offer, &result->agreed, result->sdp, result->reason);
}

static void answers_in_full(void **state)
{
    struct result r;

    (void)state;
    answer(&r, HEAD AT NOW "m=audio 4000 RTP/AVP 18 8 0 96\r\na=rtpmap:96 telephone-event/8000\r\n"
                           "a=fmtp:96 0-16\r\na=ptime:30\r\na=sendrecv\r\n");
    assert_int_equal(r.err, 0);
    assert_string_equal(r.sdp, "v=0\r\n"
                               "o=- 77 3 IN IP4 127.0.0.1\r\n"
                               "s=-\r\n"
                               "c=IN IP4 127.0.0.1\r\n"
                               "t=0 0\r\n"
                               "m=audio 10000 RTP/AVP 8 96\r\n"
                               "a=rtpmap:8 PCMA/8000\r\n"
                               "a=rtpmap:96 telephone-event/8000\r\n"
                               "a=fmtp:96 0-15\r\n"
                               "a=ptime:30\r\n"
                               "a=sendrecv\r\n");
    assert_int_equal(r.agreed.format.codec, CODEC_PCMA);
    assert_int_equal(r.agreed.payload_type, 8);
    assert_int_equal(r.agreed.event_payload_type, 96);
    assert_int_equal(r.agreed.ptime, 30);
    assert_true(r.agreed.send && r.agreed.receive && !r.agreed.held);
}

static void family_is_where_the_sound_is_wanted(void **state)
{
#define TOP "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
    static const struct {
        const char *sdp;
        int family;
    } rows[] = {
        {TOP "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n", AF_INET},
        {TOP "c=IN IP6 ::1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n", AF_INET6},
        {TOP "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\nc=IN IP6 ::1\r\n", AF_INET6},
        {TOP "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\nc=IN IP6 ::1\r\n"
             "m=audio 9 RTP/AVP 0\r\n",
         AF_INET},
        {TOP "c=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n", AF_INET},
        {TOP "t=0 0\r\nm=audio 9 RTP/AVP 0\r\n", AF_UNSPEC},
        {TOP "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 9 RTP/AVP 96\r\n", AF_UNSPEC},
        {"hello", AF_UNSPEC},
        {"", AF_UNSPEC},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(offer_family(rows[i].sdp), rows[i].family);
}

/* RFC 3264 §8.4 and §6.1: the peer's direction, our hold, and what comes of both. */
static const struct {
    const char *offered;
    bool hold;
    const char *answered;
    bool send, receive, held;
} directions[] = {
    {"sendrecv", false, "sendrecv", true, true, false},
    {"sendonly", false, "recvonly", false, true, true},
    {"recvonly", false, "sendonly", true, false, false},
    {"inactive", false, "inactive", false, false, true},
    {"sendrecv", true, "sendonly", true, false, false},
    {"sendonly", true, "inactive", false, false, true},
    {"recvonly", true, "sendonly", true, false, false},
    {"inactive", true, "inactive", false, false, true},
};

static void answers_each_direction(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof directions / sizeof *directions; i++) {
        size_t at = i / 2;
        bool session_level = i % 2;
        struct offer_local local = here;
        struct result r = {0};
        char offer[512], line[32];

        local.hold = directions[at].hold;
        snprintf(offer, sizeof offer,
                 session_level ? HEAD AT NOW "a=%s\r\nm=audio 4000 RTP/AVP 0\r\n"
                               : HEAD AT NOW "m=audio 4000 RTP/AVP 0\r\na=%s\r\n",
                 directions[at].offered);
        assert_int_equal(offer_answer(&both, &local, offer, &r.agreed, r.sdp, r.reason), 0);
        snprintf(line, sizeof line, "a=%s\r\n", directions[at].answered);
        assert_non_null(strstr(r.sdp, line));
        assert_int_equal(r.agreed.send, directions[at].send);
        assert_int_equal(r.agreed.receive, directions[at].receive);
        assert_int_equal(r.agreed.held, directions[at].held);
    }
}

/* The other eight pairs: our offer, with and without hold, and each answer to it. */
static void accepts_each_direction(void **state)
{
    static const struct {
        bool hold;
        const char *answered;
        bool send, receive, held;
    } rows[] = {
        {false, "sendrecv", true, true, false},  {false, "sendonly", false, true, true},
        {false, "recvonly", true, false, false}, {false, "inactive", false, false, true},
        {true, "sendrecv", true, false, false},  {true, "sendonly", false, false, true},
        {true, "recvonly", true, false, false},  {true, "inactive", false, false, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct offer_local local = here;
        struct offer_agreed agreed;
        char sdp[OFFER_SDP], reason[OFFER_REASON], text[512];

        local.hold = rows[i].hold;
        assert_int_equal(offer_make(&both, &local, sdp), 0);
        assert_non_null(strstr(sdp, rows[i].hold ? "a=sendonly\r\n" : "a=sendrecv\r\n"));
        snprintf(text, sizeof text, HEAD AT NOW "m=audio 4000 RTP/AVP 8\r\na=%s\r\n",
                 rows[i].answered);
        assert_int_equal(offer_accept(&both, &local, text, &agreed, reason), 0);
        assert_int_equal(agreed.format.codec, CODEC_PCMA);
        assert_int_equal(agreed.send, rows[i].send);
        assert_int_equal(agreed.receive, rows[i].receive);
        assert_int_equal(agreed.held, rows[i].held);
    }
}

/* What is refused, and why. */
static const struct {
    const char *offer;
    int err;
    const char *reason; /* begins with */
} refusals[] = {
    {HEAD AT NOW "m=audio 4000 RTP/AVP 18 99 101\r\na=rtpmap:99 L16/8000\r\n"
                 "a=rtpmap:101 telephone-event/8000\r\n",
     ENOTSUP, "offered G729 L16, supported PCMU PCMA"},
    {HEAD AT NOW "m=audio 4000 RTP/AVP 97\r\n", ENOTSUP, "offered 97, supported PCMU PCMA"},
    {HEAD AT NOW "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 PCMU/16000\r\n", ENOTSUP,
     "offered PCMU, supported PCMU PCMA"},
    {HEAD AT NOW "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 PCMU/8000/2\r\n", ENOTSUP,
     "offered PCMU, supported PCMU PCMA"},
    {HEAD AT NOW "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 G722/8000\r\n", ENOTSUP,
     "offered G722, supported PCMU PCMA"},
    {HEAD AT NOW "m=video 4000 RTP/AVP 31\r\n", ENOTSUP, "no audio line"},
    {HEAD AT NOW, ENOTSUP, "no audio line"},
    {HEAD AT NOW "m=audio 0 RTP/AVP 0\r\n", ENOTSUP, "audio line has port 0"},
    {HEAD AT NOW "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n",
     ENOTSUP, "offered RTP/SAVP, supported RTP/AVP"},
    {HEAD AT NOW "m=audio 4000 RTP/AVPF 0\r\n", ENOTSUP, "offered RTP/AVPF, supported RTP/AVP"},
    {HEAD AT NOW "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n", ENOTSUP,
     "offered UDP/TLS/RTP/SAVPF, supported RTP/AVP"},
    {HEAD "c=IN IP4 224.2.1.1/127\r\n" NOW "m=audio 4000 RTP/AVP 0\r\n", ENOTSUP,
     "audio address is a group"},
    {HEAD "c=IN IP4 255.255.255.255\r\n" NOW "m=audio 4000 RTP/AVP 0\r\n", ENOTSUP,
     "audio address is a group"},
    {HEAD "c=IN IP6 ::1\r\n" NOW "m=audio 4000 RTP/AVP 0\r\n", ENOTSUP,
     "offered IPv6, supported IPv4"},
    {HEAD "c=IN IP4 phone.example\r\n" NOW "m=audio 4000 RTP/AVP 0\r\n", EINVAL,
     "audio address or port"},
    {HEAD AT NOW "m=audio 70000 RTP/AVP 0\r\n", EINVAL, "audio address or port"},
    {HEAD NOW "m=audio 4000 RTP/AVP 0\r\n", EINVAL, "bad SDP: No c="},
    {HEAD AT NOW "m=audio 4000 RTP/AVP x\r\n", EINVAL, "bad SDP: "},
    {HEAD AT NOW "m=audio 4000 RTP/AVP 0\r\nm=image 9 udptl @\r\n", EINVAL,
     "bad SDP: bad m= line"}, /* Sofia alone loops for ever here */
    {HEAD AT NOW "m=image 9 udptl //\r\n", EINVAL, "bad SDP: bad m= line"},
    {HEAD AT NOW "m=\r\n", EINVAL, "bad SDP: bad m= line"},
    {HEAD AT NOW "m=audio -1 RTP/AVP 0\r\n", EINVAL, "audio address or port"},
    {HEAD AT NOW "m=audio 4000\r\n", EINVAL, "bad SDP: "},
    {"v=0\r\ns=-\r\n" AT NOW "m=audio 4000 RTP/AVP 0\r\n", EINVAL, "bad SDP: No o="},
    {"v=1\r\n", EINVAL, "bad SDP: "},
    {"v=0", EINVAL, "bad SDP: "},
    {"v=0\r\nm\r\n", EINVAL, "bad SDP: "},
    {"<html>\"no\"</html>", EINVAL, "bad SDP: "},
    {"\x01\x02\xff", EINVAL, "bad SDP: "},
    {"", EINVAL, "empty SDP"},
    {"\r\n", EINVAL, "bad SDP: "},
};

static void refuses_with_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct result r;

        answer(&r, refusals[i].offer);
        if (r.err != refusals[i].err)
            print_error("row %zu: %d %s\n", i, r.err, r.reason);
        assert_int_equal(r.err, refusals[i].err);
        if (strncmp(r.reason, refusals[i].reason, strlen(refusals[i].reason)))
            print_error("row %zu: %s\n", i, r.reason);
        assert_memory_equal(r.reason, refusals[i].reason, strlen(refusals[i].reason));
        assert_null(strpbrk(r.reason, "\r\n\"\\"));
    }
}

static void refuses_too_long(void **state)
{
    char *offer = test_calloc(1, 20000);
    struct result r;

    (void)state;
    strcpy(offer, HEAD AT NOW "m=audio 4000 RTP/AVP 0\r\n");
    while (strlen(offer) < 17000)
        strcat(offer, "a=filler:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n");
    answer(&r, offer);
    assert_int_equal(r.err, EINVAL);
    assert_string_equal(r.reason, "SDP of more than 16384 bytes");
    strcpy(offer, HEAD AT NOW "m=audio 4000 RTP/AVP 0\r\n");
    while (strlen(offer) < 15000)
        strcat(offer, "m=video 4000 RTP/AVP 31\r\n");
    answer(&r, offer);
    assert_int_equal(r.err, EINVAL);
    assert_string_equal(r.reason, "too many media lines to answer");
    strcpy(offer, HEAD AT NOW "m=audio 4000 RTP/AVP");
    for (int i = 35; i < 128; i++)
        sprintf(offer + strlen(offer), " %d", i);
    strcat(offer, "\r\n");
    answer(&r, offer);
    assert_int_equal(r.err, ENOTSUP);
    assert_non_null(strstr(r.reason, ", supported PCMU PCMA"));
    test_free(offer);
}

static void answers_each_line(void **state)
{
    struct result r;

    (void)state;
    answer(&r, HEAD AT NOW "m=video 5000 RTP/AVP 31 34\r\n"
                           "m=audio 5002 RTP/SAVP 0\r\n"
                           "m=audio 5004 RTP/AVP 18\r\n"
                           "m=audio 5006 RTP/AVP 0\r\nc=IN IP4 127.0.0.8\r\n"
                           "m=audio 5008 RTP/AVP 8\r\n"
                           "m=image 5010 udptl t38 \r\n"
                           "m=application 5012 TCP/BFCP *\r\n");
    assert_int_equal(r.err, 0);
    assert_non_null(strstr(r.sdp, "t=0 0\r\n"
                                  "m=video 0 RTP/AVP 31 34\r\n"
                                  "m=audio 0 RTP/SAVP 0\r\n"
                                  "m=audio 0 RTP/AVP 18\r\n"
                                  "m=audio 10000 RTP/AVP 0\r\n"));
    assert_non_null(strstr(r.sdp, "a=sendrecv\r\n"
                                  "m=audio 0 RTP/AVP 8\r\n"
                                  "m=image 0 udptl t38\r\n"
                                  "m=application 0 TCP/BFCP *\r\n"));
    assert_int_equal(ntohs(((struct sockaddr_in *)&r.agreed.remote)->sin_port), 5006);
}

static void check_address(const struct sockaddr_storage *address, const char *host, unsigned port)
{
    char text[INET6_ADDRSTRLEN];
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;
    bool is_v4 = address->ss_family == AF_INET;

    inet_ntop(address->ss_family, is_v4 ? (const void *)&v4->sin_addr : &v6->sin6_addr, text,
              sizeof text);
    assert_string_equal(text, host);
    assert_int_equal(ntohs(is_v4 ? v4->sin_port : v6->sin6_port), port);
}

static void reads_addresses(void **state)
{
    struct result r;

    (void)state;
    answer(&r, HEAD AT NOW "m=audio 4000 RTP/AVP 0\r\n");
    check_address(&r.agreed.remote, "127.0.0.9", 4000);
    check_address(&r.agreed.remote_rtcp, "0.0.0.0", 0);
    answer(&r, HEAD AT NOW "m=audio 4000/2 RTP/AVP 0\r\nc=IN IP4 10.1.2.3\r\na=rtcp:4005\r\n");
    check_address(&r.agreed.remote, "10.1.2.3", 4000);
    check_address(&r.agreed.remote_rtcp, "10.1.2.3", 4005);
    answer(&r, HEAD NOW "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 10.1.2.3\r\n"
                        "a=rtcp:4007 IN IP4 10.1.2.4\r\n");
    check_address(&r.agreed.remote_rtcp, "10.1.2.4", 4007);
    answer(&r, HEAD AT NOW "m=audio 4000 RTP/AVP 0\r\na=rtcp:nonsense\r\n");
    assert_int_equal(r.err, 0);
    check_address(&r.agreed.remote_rtcp, "0.0.0.0", 0);
    answer(&r, HEAD AT NOW "m=audio 4000 RTP/AVP 0\r\na=rtcp:99999\r\n");
    check_address(&r.agreed.remote_rtcp, "0.0.0.0", 0);
    answer(&r, HEAD AT NOW "m=audio 4000 RTP/AVP 0\r\na=rtcp:4005 IN IP4 239.1.1.1\r\n");
    check_address(&r.agreed.remote_rtcp, "0.0.0.0", 0);
}

static void speaks_v6(void **state)
{
    struct offer_local local = here;
    struct result r = {0};

    (void)state;
    local.address = "::1";
    assert_int_equal(offer_answer(&both, &local,
                                  "v=0\r\no=- 1 1 IN IP6 ::2\r\ns=-\r\nc=IN IP6 2001:db8::2\r\n" NOW
                                  "m=audio 4000 RTP/AVP 0\r\na=rtcp:4003\r\n",
                                  &r.agreed, r.sdp, r.reason),
                     0);
    check_address(&r.agreed.remote, "2001:db8::2", 4000);
    check_address(&r.agreed.remote_rtcp, "2001:db8::2", 4003);
    assert_non_null(strstr(r.sdp, "o=- 77 3 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\n"));
    assert_int_equal(offer_answer(&both, &local, HEAD AT NOW "m=audio 4000 RTP/AVP 0\r\n",
                                  &r.agreed, r.sdp, r.reason),
                     ENOTSUP);
    assert_string_equal(r.reason, "offered IPv4, supported IPv6");
}

/* RFC 2543's hold: no address to send to, whatever the direction says. */
static void holds_the_old_way(void **state)
{
    struct result r;

    (void)state;
    answer(&r, HEAD "c=IN IP4 0.0.0.0\r\n" NOW "m=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n");
    assert_int_equal(r.err, 0);
    assert_true(r.agreed.held && !r.agreed.send && r.agreed.receive);
    assert_non_null(strstr(r.sdp, "a=recvonly\r\n"));
    answer(&r, HEAD AT NOW "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\na=sendonly\r\n");
    assert_true(r.agreed.held && !r.agreed.send && r.agreed.receive);
}

/* Keys are to be tones: telephone-event is neither offered nor taken. */
static void leaves_events_out(void **state)
{
    struct offer_ability can = both;
    struct result r;

    (void)state;
    can.no_events = true;
    assert_int_equal(offer_answer(&can, &here,
                                  HEAD AT NOW "m=audio 4000 RTP/AVP 0 101\r\n"
                                              "a=rtpmap:101 telephone-event/8000\r\n",
                                  &r.agreed, r.sdp, r.reason),
                     0);
    assert_int_equal(r.agreed.event_payload_type, 0);
    assert_non_null(strstr(r.sdp, "m=audio 10000 RTP/AVP 0\r\n"));
    assert_null(strstr(r.sdp, "telephone-event"));
    assert_int_equal(offer_make(&can, &here, r.sdp), 0);
    assert_non_null(strstr(r.sdp, "m=audio 10000 RTP/AVP 0 8\r\n"));
    assert_null(strstr(r.sdp, "101"));
}

static void maps_payload_types(void **state)
{
    struct result r;

    (void)state;
    answer(&r, HEAD AT NOW "m=audio 4000 RTP/AVP 8\r\n");
    assert_int_equal(r.agreed.format.codec, CODEC_PCMA);
    assert_int_equal(r.agreed.event_payload_type, 0);
    assert_int_equal(r.agreed.ptime, 20);
    assert_null(strstr(r.sdp, "telephone-event"));
    answer(&r, HEAD AT NOW "m=audio 4000 RTP/AVP 110 111\r\na=rtpmap:110 pcmu/8000/1\r\n"
                           "a=rtpmap:111 TELEPHONE-EVENT/8000\r\n");
    assert_int_equal(r.agreed.format.codec, CODEC_PCMU);
    assert_int_equal(r.agreed.payload_type, 110);
    assert_int_equal(r.agreed.event_payload_type, 111);
    assert_non_null(strstr(r.sdp, "m=audio 10000 RTP/AVP 110 111\r\na=rtpmap:110 PCMU/8000\r\n"
                                  "a=rtpmap:111 telephone-event/8000\r\n"));
    answer(&r, HEAD AT NOW "m=audio 4000 RTP/AVP 0 100 101\r\n"
                           "a=rtpmap:100 telephone-event/48000\r\n"
                           "a=rtpmap:101 telephone-event/8000\r\n");
    assert_int_equal(r.agreed.event_payload_type, 101);
    assert_int_equal(offer_answer(&alaw, &here, HEAD AT NOW "m=audio 4000 RTP/AVP 0 8\r\n",
                                  &r.agreed, r.sdp, r.reason),
                     0);
    assert_int_equal(r.agreed.format.codec, CODEC_PCMA);
    assert_int_equal(offer_answer(&alaw, &here, HEAD AT NOW "m=audio 4000 RTP/AVP 0\r\n", &r.agreed,
                                  r.sdp, r.reason),
                     ENOTSUP);
    assert_string_equal(r.reason, "offered PCMU, supported PCMA");
}

static void reads_ptime(void **state)
{
    static const struct {
        const char *lines;
        unsigned ptime;
    } rows[] = {
        {"", 20},
        {"a=ptime:40\r\n", 40},
        {"a=ptime:0\r\n", 20},
        {"a=ptime:-5\r\n", 20},
        {"a=ptime:x\r\n", 20},
        {"a=ptime\r\n", 20},
        {"a=ptime:100000\r\n", 20},
        {"a=ptime:60\r\na=maxptime:30\r\n", 30},
        {"a=maxptime:150\r\n", 20},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char offer[256];
        struct result r;

        snprintf(offer, sizeof offer, HEAD AT NOW "m=audio 4000 RTP/AVP 0\r\n%s", rows[i].lines);
        answer(&r, offer);
        assert_int_equal(r.err, 0);
        assert_int_equal(r.agreed.ptime, rows[i].ptime);
    }
}

static void repeats_times(void **state)
{
    struct result r;

    (void)state;
    answer(&r, HEAD AT "t=2873397496 2873404696\r\nm=audio 4000 RTP/AVP 0\r\n");
    assert_non_null(strstr(r.sdp, "\r\nt=2873397496 2873404696\r\n"));
    answer(&r, "v=0\no=- 1 1 IN IP4 127.0.0.9\ns=-\n" /* bare line feeds */
               "c=IN IP4 127.0.0.9\nt=0 0\nm=audio 4000 RTP/AVP 0\n");
    assert_int_equal(r.err, 0);
}

static void makes_offers(void **state)
{
    char sdp[OFFER_SDP], again[OFFER_SDP], reason[OFFER_REASON];
    struct offer_local local = here;
    struct offer_agreed agreed;

    (void)state;
    assert_int_equal(offer_make(&both, &here, sdp), 0);
    assert_string_equal(sdp, "v=0\r\n"
                             "o=- 77 3 IN IP4 127.0.0.1\r\n"
                             "s=-\r\n"
                             "c=IN IP4 127.0.0.1\r\n"
                             "t=0 0\r\n"
                             "m=audio 10000 RTP/AVP 0 8 101\r\n"
                             "a=rtpmap:0 PCMU/8000\r\n"
                             "a=rtpmap:8 PCMA/8000\r\n"
                             "a=rtpmap:101 telephone-event/8000\r\n"
                             "a=fmtp:101 0-15\r\n"
                             "a=ptime:20\r\n"
                             "a=sendrecv\r\n");
    /* what we write, we can read */
    assert_int_equal(offer_accept(&both, &here, sdp, &agreed, reason), 0);
    assert_int_equal(agreed.event_payload_type, 101);
    check_address(&agreed.remote, "127.0.0.1", 10000);
    /* a later offer keeps the places of refused lines */
    local.before =
        HEAD AT NOW "m=video 0 RTP/AVP 31\r\nm=audio 9 RTP/AVP 0\r\nm=image 0 udptl t38\r\n";
    assert_int_equal(offer_make(&both, &local, again), 0);
    assert_non_null(
        strstr(again, "t=0 0\r\nm=video 0 RTP/AVP 31\r\nm=audio 10000 RTP/AVP 0 8 101\r\n"));
    assert_non_null(strstr(again, "a=sendrecv\r\nm=image 0 udptl t38\r\n"));
    local.before = "nonsense";
    assert_int_equal(offer_make(&both, &local, again), EINVAL);
}

static void refuses_answers(void **state)
{
    struct offer_agreed agreed;
    char reason[OFFER_REASON];

    (void)state;
    assert_int_equal(
        offer_accept(&both, &here, HEAD AT NOW "m=audio 0 RTP/AVP 0\r\n", &agreed, reason),
        ENOTSUP);
    assert_int_equal(
        offer_accept(&both, &here, HEAD AT NOW "m=audio 9 RTP/AVP 18\r\n", &agreed, reason),
        ENOTSUP);
    assert_string_equal(reason, "offered G729, supported PCMU PCMA");
    assert_int_equal(offer_accept(&both, &here, "", &agreed, reason), EINVAL);
}

/* Deterministic damage to a rich offer: never a crash, an unread byte of answer, or an
 * answer that is not SDP itself. */
static void survives_mutation(void **state)
{
    static const char seed[] =
        HEAD AT "b=AS:80\r\nt=0 0\r\na=rtcp-xr:rcvr-rtt\r\nm=audio 4000/1 RTP/AVP 0 8 18 101\r\n"
                "i=x\r\nc=IN IP4 10.0.0.1/127/2\r\na=rtpmap:101 telephone-event/8000/1\r\n"
                "a=fmtp:101 0-15\r\na=rtcp:9 IN IP4 10.0.0.2\r\na=ptime:20\r\na=sendonly\r\n"
                "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nm=image 9 udptl t38\r\n";
    uint32_t random = 12345;
    unsigned answered = 0;

    (void)state;
    for (int round = 0; round < 30000; round++) {
        char text[sizeof seed];
        struct result r;

        memcpy(text, seed, sizeof seed);
        for (int i = 0; i <= round % 4; i++) {
            random = random * 1664525 + 1013904223;
            text[(random >> 8) % (sizeof seed - 1)] =
                (round & 1) ? (char)(random >> 24) : " /:=\r\n0m9a"[(random >> 24) % 10];
        }
        answer(&r, text);
        assert_true(r.err == 0 || r.err == EINVAL || r.err == ENOTSUP);
        if (r.err) {
            assert_true(r.reason[0] != '\0');
            assert_null(strpbrk(r.reason, "\r\n\"\\"));
            continue;
        }
        answered++;
        assert_true(strstr(r.sdp, "m=audio 10000 RTP/AVP ") != NULL);
    }
    assert_true(answered > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(family_is_where_the_sound_is_wanted),
        cmocka_unit_test(answers_in_full),
        cmocka_unit_test(answers_each_direction),
        cmocka_unit_test(accepts_each_direction),
        cmocka_unit_test(refuses_with_reason),
        cmocka_unit_test(refuses_too_long),
        cmocka_unit_test(answers_each_line),
        cmocka_unit_test(reads_addresses),
        cmocka_unit_test(speaks_v6),
        cmocka_unit_test(holds_the_old_way),
        cmocka_unit_test(leaves_events_out),
        cmocka_unit_test(maps_payload_types),
        cmocka_unit_test(reads_ptime),
        cmocka_unit_test(repeats_times),
        cmocka_unit_test(makes_offers),
        cmocka_unit_test(refuses_answers),
        cmocka_unit_test(survives_mutation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
