/* quality.c: how each codec sounds through each bad network. The media plane of the daemon runs
 * in this process; beside it a thread speaks to it in every codec, each through a relay that
 * makes the network (relay.h), and hears what comes out of the room as L16. All cases run at the
 * same time. Prints a line of JSON a case; `make quality` makes a table and a plot of them.
 *
 *     quality                            lists the codecs
 *     quality SPEECH SECONDS [CODEC]     all of them at once, or one
 *
 * SPEECH: 16-bit samples at 16 kHz, mono, in this machine's order; repeated as long as needed. */
#include "audio/resample.h"
#include "base/loop.h"
#include "base/mem.h"
#include "distance.h"
#include "relay.h"
#include "worker/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    WIDE = 16000, /* [Hz] */
    PTIME = 20,   /* [ms] */
    TAIL = 2,     /* [s] that is heard after the last word */
    SEARCH = 500, /* [ms] of delay, at most */
    TYPE = 96,
    CASES = 200
};

static const struct speaker {
    const char *name;
    struct codec_format format;
} speakers[] = {
    {"PCMU", {.codec = CODEC_PCMU}},
    {"G722", {.codec = CODEC_G722}},
    {"G729", {.codec = CODEC_G729}},
    {"GSM", {.codec = CODEC_GSM}},
    {"speex", {.codec = CODEC_SPEEX}},
    {"L16", {.codec = CODEC_L16}},
    {"opus", {.codec = CODEC_OPUS, .rate = WIDE}},
    {"opus FEC", {.codec = CODEC_OPUS, .rate = WIDE, .fec = true}},
};

static const char *const networks[] = {
    "loss=0",
    "loss=0.01",
    "loss=0.03",
    "loss=0.05",
    "loss=0.1",
    "loss=0.05 burst=4",
    "jitter=20",
    "jitter=50",
    "jitter=100",
    "reorder=0.01",
    "loss=0.03 jitter=50 delay=20 reorder=0.01 duplicate=0.01",
};

struct one {
    const struct speaker *speaker;
    const char *network;
    struct encoder *encoder;
    struct resample *resample; /* of what is said; NULL: it is as wanted */
    unsigned rate;             /* [Hz] heard at */
    int said_fd, heard_fd;
    struct sockaddr_in to; /* the relay */
    uint16_t sequence;
    uint32_t timestamp, first; /* first: of what is heard */
    bool begun;
    size_t offset; /* [samples] where `first` lies in heard */
    int16_t *heard;
    size_t room; /* [samples] */
    struct media_port *says, *hears;
    struct media_room *meeting;
    struct stream_stats stats;
    atomic_bool closed;
};

static struct one cases[CASES];
static unsigned count;
static int16_t *speech;
static size_t speech_length; /* [samples at 16 kHz] */
static int64_t start;        /* [ns] when the first word was sent */

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void give_up(const char *what, int err)
{
    fprintf(stderr, "quality: %s: %s\n", what, strerror(err));
    exit(2);
}

static void must(const char *what, int err)
{
    if (err)
        give_up(what, err);
}

static int open_socket(struct sockaddr_in *at)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), room = 1 << 20;
    socklen_t length = sizeof *at;

    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (fd < 0 || bind(fd, (struct sockaddr *)at, sizeof *at) < 0 ||
        getsockname(fd, (struct sockaddr *)at, &length) < 0)
        give_up("no socket", errno);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    return fd;
}

static void on_closed(const struct stream_stats *stats, void *arg)
{
    struct one *one = arg;

    if (stats->packets_in)
        one->stats = *stats;
    atomic_store(&one->closed, true);
}

static struct media_port *open_port(struct workers *workers, struct one *one)
{
    static const struct media_events events = {.closed = on_closed};
    struct media_port *port;

    must("no port", media_port_open(workers, &events, one, &port));
    return port;
}

static void connect_port(struct one *one, struct media_port *port, const struct sockaddr_in *peer,
                         const struct codec_format *format)
{
    struct stream_params params = {
        .format = *format, .payload_type = TYPE, .ptime = PTIME, .send = true, .receive = true};

    memcpy(&params.remote, peer, sizeof *peer);
    must(one->speaker->name, media_port_connect(port, &params));
    media_port_join(port, one->meeting);
}

static void set_up(struct workers *workers, struct relay *relay, struct one *one)
{
    struct codec_format heard = {.codec = CODEC_L16};
    struct sockaddr_in at, in, out, to = {.sin_family = AF_INET};
    struct impair_conf forth, none = {0};

    one->rate = heard.rate = codec_rate(&one->speaker->format) == 8000 ? 8000 : WIDE;
    must("no room", media_room_alloc(workers, &one->meeting));
    must(one->speaker->name, encoder_alloc(&one->encoder, &one->speaker->format));
    encoder_expect_loss(one->encoder, one->speaker->format.fec ? 10 : 0);
    if (codec_rate(&one->speaker->format) != WIDE)
        must("resampler", resample_alloc(&one->resample, WIDE, codec_rate(&one->speaker->format)));
    if (!impair_parse(&forth, one->network))
        give_up(one->network, EINVAL);
    one->says = open_port(workers, one);
    one->hears = open_port(workers, one);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(media_port_number(one->says));
    must("relay", relay_add(relay, &to, &forth, &none, &in, &out));
    one->said_fd = open_socket(&at);
    one->to = in;
    connect_port(one, one->says, &out, &one->speaker->format);
    one->heard_fd = open_socket(&at);
    connect_port(one, one->hears, &at, &heard);
    one->room = (speech_length / (WIDE / 1000) / 1000 + TAIL) * one->rate;
    one->heard = calloc(one->room, sizeof *one->heard);
    if (!one->heard)
        give_up("memory", ENOMEM);
}

static size_t put_head(uint8_t *packet, const struct one *one, bool marker)
{
    uint8_t head[12] = {0x80,
                        (uint8_t)(TYPE | (marker ? 0x80 : 0)),
                        (uint8_t)(one->sequence >> 8),
                        (uint8_t)one->sequence,
                        (uint8_t)(one->timestamp >> 24),
                        (uint8_t)(one->timestamp >> 16),
                        (uint8_t)(one->timestamp >> 8),
                        (uint8_t)one->timestamp,
                        0x51,
                        0x0a,
                        0x11,
                        0x17};

    memcpy(packet, head, sizeof head);
    return sizeof head;
}

/* The next 20 ms of what is said. */
static void say(struct one *one, size_t at)
{
    unsigned rate = codec_rate(&one->speaker->format);
    uint8_t packet[12 + CODEC_BYTES_MAX];
    int16_t own[48000 * PTIME / 1000];
    const int16_t *frame = speech + at;
    size_t size;

    if (one->resample) {
        resample_run(one->resample, own, frame, WIDE * PTIME / 1000);
        frame = own;
    }
    size = encoder_run(one->encoder, packet + put_head(packet, one, at == 0), frame,
                       rate * PTIME / 1000);
    if (size)
        sendto(one->said_fd, packet, size + 12, MSG_NOSIGNAL, (struct sockaddr *)&one->to,
               sizeof one->to);
    one->sequence += size > 0;
    one->timestamp += codec_clock(&one->speaker->format) * PTIME / 1000;
}

static void keep(struct one *one, const uint8_t *packet, size_t size)
{
    uint32_t timestamp = (uint32_t)packet[4] << 24 | (uint32_t)packet[5] << 16 |
                         (uint32_t)packet[6] << 8 | packet[7];
    size_t n = (size - 12) / 2, at;

    if (!one->begun) {
        one->begun = true;
        one->first = timestamp;
        one->offset = (size_t)((double)(now_ns() - start) * one->rate / 1e9);
    }
    at = one->offset + (timestamp - one->first);
    for (size_t i = 0; i < n && at + i < one->room; i++)
        one->heard[at + i] = (int16_t)(packet[12 + 2 * i] << 8 | packet[13 + 2 * i]);
}

static void hear(struct one *one)
{
    uint8_t packet[2048];
    ssize_t size;

    while ((size = recv(one->heard_fd, packet, sizeof packet, MSG_DONTWAIT)) >= 0)
        if (size > 12 && start)
            keep(one, packet, (size_t)size);
}

static int watch(int timer)
{
    struct epoll_event in = {.events = EPOLLIN, .data.u32 = CASES};
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &in);
    for (uint32_t i = 0; i < count; i++) {
        in.data.u32 = i;
        epoll_ctl(epoll, EPOLL_CTL_ADD, cases[i].heard_fd, &in);
    }
    return epoll;
}

/* Speaks and hears until all was said, and TAIL longer. */
static void *talk(void *arg)
{
    struct itimerspec every = {{0, PTIME * 1000000}, {0, PTIME * 1000000}};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), epoll = watch(timer);
    size_t at = 0, frame = WIDE * PTIME / 1000;
    struct epoll_event ready[64];

    timerfd_settime(timer, 0, &every, NULL);
    while (at < speech_length + TAIL * WIDE) {
        int n = epoll_wait(epoll, ready, 64, -1);
        uint64_t ticks = 0;

        for (int i = 0; i < n; i++)
            if (ready[i].data.u32 < CASES)
                hear(&cases[ready[i].data.u32]);
            else if (read(timer, &ticks, sizeof ticks) < 0)
                ticks = 0;
        for (; ticks; ticks--, at += frame) {
            if (!start)
                start = now_ns();
            for (unsigned k = 0; k < count && at + frame <= speech_length; k++)
                say(&cases[k], at);
        }
    }
    close(epoll);
    close(timer);
    atomic_store((atomic_bool *)arg, true);
    return NULL;
}

static void read_speech(const char *file, size_t seconds)
{
    FILE *in = fopen(file, "r");

    speech_length = seconds * WIDE;
    speech = calloc(speech_length, sizeof *speech);
    if (!in || !speech)
        give_up(file, in ? ENOMEM : errno);
    for (size_t at = 0; at < speech_length;) { /* again and again */
        size_t n = fread(speech + at, sizeof *speech, speech_length - at, in);

        if (!n && !at)
            give_up(file, EINVAL);
        at += n;
        rewind(in);
    }
    fclose(in);
}

static int16_t *at_rate(unsigned rate, size_t *n)
{
    struct resample *down;
    int16_t *out;

    *n = speech_length * rate / WIDE;
    out = calloc(*n, sizeof *out);
    if (!out)
        give_up("memory", ENOMEM);
    if (rate == WIDE)
        return memcpy(out, speech, *n * sizeof *out);
    must("resampler", resample_alloc(&down, WIDE, rate));
    resample_run(down, out, speech, speech_length);
    mem_unref(down);
    return out;
}

static bool tell(const struct one *one)
{
    const struct stream_stats *stats = &one->stats;
    struct distance distance;
    size_t n;
    int16_t *said = at_rate(one->rate, &n);
    int err = distance_measure(&distance, said, n, one->heard, one->room, one->rate, SEARCH);

    free(said);
    if (err) {
        printf("{\"codec\":\"%s\",\"network\":\"%s\",\"error\":\"%s\"}\n", one->speaker->name,
               one->network, strerror(err));
        return false;
    }
    printf("{\"codec\":\"%s\",\"network\":\"%s\",\"rate\":%u,\"distance_db\":%.2f,\"gap_ms\":%.0f,"
           "\"delay_ms\":[%.0f,%.0f,%.0f],\"packets\":%lu,\"lost\":%lu,\"late\":%lu,"
           "\"concealed\":%lu,\"recovered\":%lu,\"adjusted\":%lu,\"mos\":%.2f}\n",
           one->speaker->name, one->network, one->rate, distance.decibels, distance.gap,
           distance.delay_least, distance.delay_most, distance.delay_last, stats->packets_in,
           stats->lost, stats->late, stats->frames_concealed, stats->frames_recovered,
           stats->frames_adjusted, stats->mos);
    return true;
}

static void end(struct workers *workers, struct loop *loop)
{
    for (unsigned i = 0; i < count; i++) {
        media_port_close(cases[i].hears);
        media_port_close(cases[i].says);
        mem_unref(cases[i].meeting);
    }
    workers_stop(workers);
    loop_run(loop);
    for (unsigned i = 0; i < count; i++) {
        close(cases[i].said_fd);
        close(cases[i].heard_fd);
        mem_unref(cases[i].encoder);
        mem_unref(cases[i].resample);
    }
}

int main(int argc, char **argv)
{
    struct workers_conf conf = {.port_low = 10000, .port_high = 19999};
    struct workers *workers;
    struct relay *relay;
    struct loop *loop;
    pthread_t thread;
    atomic_bool done = false;
    bool right = true;

    for (size_t i = 0; argc == 1 && i < sizeof speakers / sizeof *speakers; i++)
        printf("%s\n", speakers[i].name);
    if (argc == 1)
        return 0;
    if (argc < 3 || argc > 4)
        give_up("quality SPEECH SECONDS [CODEC]", EINVAL);
    read_speech(argv[1], (size_t)atoi(argv[2]));
    ((struct sockaddr_in *)&conf.address)->sin_family = AF_INET;
    ((struct sockaddr_in *)&conf.address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must("loop", loop_alloc(&loop));
    must("workers", workers_start(&workers, &conf, loop));
    must("relay", relay_start(&relay));
    for (size_t s = 0; s < sizeof speakers / sizeof *speakers; s++)
        for (size_t n = 0; n < sizeof networks / sizeof *networks; n++) {
            if (argc == 4 && strcmp(argv[3], speakers[s].name) != 0)
                break;
            cases[count] = (struct one){.speaker = &speakers[s], .network = networks[n]};
            set_up(workers, relay, &cases[count++]);
        }
    must("thread", pthread_create(&thread, NULL, talk, &done));
    while (!atomic_load(&done))
        loop_wait(loop, 100);
    pthread_join(thread, NULL);
    end(workers, loop);
    relay_stop(relay);
    for (unsigned i = 0; i < count; i++) {
        right = tell(&cases[i]) && right;
        free(cases[i].heard);
    }
    mem_unref(loop);
    free(speech);
    return !right;
}
