/* media_churn.c: the media plane under legs that do anything at once, by seed: they come with
 * any codec, join, leave, move, are muted, denied to each other, played to, recorded, watched,
 * connected anew and closed, while peers send to all of them at a phone's pace. For the
 * sanitizers: run it under ASan and under TSan. At the end everything is closed, and nothing may
 * be left. Prints TAP.
 *
 *     media_churn [SECONDS [SEED [LEGS]]] */
#include "audio/tone.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "player/player.h"
#include "record/record.h"
#include "worker/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LEGS_MAX = 1000, PER_ROOM = 6, PACE = 20 /* [ms] */, BUSY = 8 /* deeds a turn */ };

struct leg {
    struct media_port *port; /* NULL: closed */
    bool closing;
    _Atomic uint32_t at; /* port number << 8 | payload type; 0: nobody sends */
    atomic_uint size;    /* [bytes] of what is sent */
    int fd;              /* the peer's */
    struct sockaddr_in peer;
    uint16_t sequence;
    uint32_t timestamp;
};

static struct leg legs[LEGS_MAX];
static unsigned leg_count = 200, room_count, opened, closed;
static struct media_room *rooms[LEGS_MAX / PER_ROOM + 1];
static struct workers *workers;
static struct recorder *recorder;
static struct sound *sound;
static char folder[] = "/tmp/media-churn.XXXXXX";
static uint64_t dice;
static unsigned recordings;
static atomic_bool over;

/* Bytes of 20 ms of each; what is in them does not matter, so decoders meet anything. */
static const struct kind {
    struct codec_format format;
    uint8_t type;
    unsigned size, clock;
} kinds[] = {
    {{.codec = CODEC_PCMU}, 0, 160, 160},
    {{.codec = CODEC_PCMA}, 8, 160, 160},
    {{.codec = CODEC_G722}, 9, 160, 160},
    {{.codec = CODEC_G729}, 18, 20, 160},
    {{.codec = CODEC_GSM}, 3, 33, 160},
    {{.codec = CODEC_L16, .rate = 16000}, 96, 640, 320},
    {{.codec = CODEC_OPUS, .rate = 16000, .fec = true}, 97, 40, 960},
    {{.codec = CODEC_OPUS, .rate = 48000, .dtx = true}, 98, 60, 960},
};

static unsigned below(unsigned n)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (unsigned)(dice % n);
}

static void must(const char *what, int err)
{
    if (!err)
        return;
    printf("Bail out! %s: %s\n", what, strerror(err));
    exit(1);
}

static void on_closed(const struct stream_stats *stats, void *arg)
{
    struct leg *leg = arg;

    (void)stats;
    leg->port = NULL;
    leg->closing = false;
    closed++;
}

static void on_recorded(const struct recording_result *result, void *arg)
{
    (void)arg;
    if (result->path)
        unlink(result->path);
    recordings--;
}

/* ---- what the peers send ---- */

static void send_one(struct leg *leg, uint32_t at, unsigned size)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)(at >> 8)),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    uint8_t packet[12 + 640] = {0x80, (uint8_t)(at & 127)};

    leg->sequence++;
    leg->timestamp += 160;
    packet[2] = (uint8_t)(leg->sequence >> 8);
    packet[3] = (uint8_t)leg->sequence;
    for (int i = 0; i < 4; i++)
        packet[4 + i] = (uint8_t)(leg->timestamp >> (24 - 8 * i));
    packet[11] = 7; /* SSRC */
    for (unsigned i = 0; i < size; i++)
        packet[12 + i] = (uint8_t)(leg->sequence * 31 + i * 7);
    sendto(leg->fd, packet, 12 + size, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to,
           sizeof to);
}

static void *send_all(void *arg)
{
    struct timespec pace = {0, PACE * 1000000};
    char byte;

    (void)arg;
    while (!atomic_load(&over)) {
        for (unsigned i = 0; i < leg_count; i++) {
            uint32_t at = atomic_load(&legs[i].at);

            while (recv(legs[i].fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0)
                ;
            if (at)
                send_one(&legs[i], at, atomic_load(&legs[i].size));
        }
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pace, NULL);
    }
    return NULL;
}

/* ---- what the legs do ---- */

static void connect_leg(struct leg *leg)
{
    const struct kind *kind = &kinds[below(2) ? below(2) : below(sizeof kinds / sizeof *kinds)];
    struct stream_params params = {.format = kind->format,
                                   .payload_type = kind->type,
                                   .event_payload_type = 101,
                                   .ptime = below(4) ? 20 : 10 * (1 + below(6)),
                                   .send = below(10) > 0,
                                   .receive = below(10) > 0};

    memcpy(&params.remote, &leg->peer, sizeof leg->peer);
    must("connect", media_port_connect(leg->port, &params));
    atomic_store(&leg->size, kind->size);
    atomic_store(&leg->at, (uint32_t)media_port_number(leg->port) << 8 | kind->type);
}

static void open_leg(struct leg *leg)
{
    static const struct media_events events = {.closed = on_closed};
    int err = leg->closing ? EBUSY : media_port_open(workers, &events, leg, &leg->port);

    if (err == EBUSY || err == EAGAIN) /* slow under a sanitizer: later */
        return;
    must("open", err);
    opened++;
    connect_leg(leg);
    media_port_join(leg->port, rooms[below(room_count)]);
}

static void close_leg(struct leg *leg)
{
    atomic_store(&leg->at, 0);
    leg->closing = true;
    media_port_close(leg->port);
    leg->port = NULL;
}

static void record_it(struct leg *leg)
{
    unsigned channels = 1 + below(4);
    char path[64];
    struct recording_conf conf = {.path = path,
                                  .format = RECORDING_WAV,
                                  .channels = channels,
                                  .split = channels > 1,
                                  .done = on_recorded};
    struct recording *recording;
    static unsigned number;

    if (recordings > 20)
        return;
    snprintf(path, sizeof path, "%s/%u.wav", folder, number++);
    must("recording", recording_open(recorder, &conf, &recording));
    recordings++;
    if (leg ? media_port_record(leg->port, recording)
            : media_room_record(rooms[below(room_count)], recording))
        recording_end(recording);
    mem_unref(recording);
}

static void on_stats(const struct stream_stats *stats, void *arg)
{
    (void)stats;
    (void)arg;
}

static void do_anything(struct leg *leg)
{
    static const struct detect_conf detection = {.mode = DETECT_BEEP};
    struct leg *other = &legs[below(leg_count)];

    switch (below(24)) {
    case 0:
        close_leg(leg);
        break;
    case 1:
        connect_leg(leg);
        break;
    case 2:
    case 3:
        media_port_leave(leg->port);
        break;
    case 4:
    case 5:
        media_port_mute(leg->port, below(2));
        break;
    case 6:
        media_port_earmuff(leg->port, below(2));
        break;
    case 7:
        if (other->port)
            media_port_audible(leg->port, other->port, below(2));
        break;
    case 8:
        media_port_play(leg->port, sound, 1 + below(3), 0);
        break;
    case 9:
        media_port_stop(leg->port);
        break;
    case 10:
        media_port_watch(leg->port, below(2));
        break;
    case 11:
        must("detect", media_port_detect(leg->port, below(2) ? &detection : NULL));
        break;
    case 12:
        media_port_inband(leg->port, below(2));
        break;
    case 13:
        media_port_dial(leg->port, "12#p");
        break;
    case 14:
        record_it(below(2) ? leg : NULL);
        break;
    case 15:
        media_port_record_stop(leg->port);
        media_room_record_stop(rooms[below(room_count)]);
        break;
    case 16:
        must("stats", media_port_stats(leg->port, on_stats, NULL));
        break;
    case 17: /* a room ends, for those who come later */
        mem_unref(rooms[room_count - 1]);
        must("room", media_room_alloc(workers, &rooms[room_count - 1]));
        break;
    default:
        media_port_join(leg->port, rooms[below(room_count)]);
        break;
    }
}

static void turn(struct loop *loop)
{
    for (int i = 0; i < BUSY; i++) {
        struct leg *leg = &legs[below(leg_count)];

        if (leg->port)
            do_anything(leg);
        else
            open_leg(leg);
    }
    loop_wait(loop, PACE);
}

/* ---- a run ---- */

static void begin(struct loop *loop)
{
    struct workers_conf conf = {.port_low = 30000,
                                .port_high = 32767,
                                .workers = 3,
                                .part_limit = 12,
                                .straight = true,
                                .drain_time = 100};
    struct tone tone;
    int16_t samples[8000];

    ((struct sockaddr_in *)&conf.address)->sin_family = AF_INET;
    ((struct sockaddr_in *)&conf.address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must("workers", workers_start(&workers, &conf, loop));
    must("recorder", recorder_start(&recorder, loop));
    must("sound", sound_grow(&sound, 8000, 8000));
    tone_start(&tone, 8000, 440, 8000);
    tone_fill(&tone, samples, 8000);
    must("sound", sound_add(sound, samples, 8000));
    sound_end(sound, true);
    room_count = leg_count / PER_ROOM + 1;
    for (unsigned i = 0; i < room_count; i++)
        must("room", media_room_alloc(workers, &rooms[i]));
    for (unsigned i = 0; i < leg_count; i++) {
        socklen_t length = sizeof legs[i].peer;

        legs[i].peer =
            (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        legs[i].fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (legs[i].fd < 0 ||
            bind(legs[i].fd, (struct sockaddr *)&legs[i].peer, sizeof legs[i].peer) ||
            getsockname(legs[i].fd, (struct sockaddr *)&legs[i].peer, &length))
            must("socket", errno);
    }
}

/* Everything is closed while all goes on; then it is waited for. */
static bool end(struct loop *loop)
{
    int64_t until = clock_mono_ms() + 60000;

    for (unsigned i = 0; i < leg_count; i++)
        if (legs[i].port)
            close_leg(&legs[i]);
    for (unsigned i = 0; i < room_count; i++)
        mem_unref(rooms[i]);
    while ((closed < opened || recordings) && clock_mono_ms() < until)
        loop_wait(loop, PACE);
    return closed == opened && !recordings;
}

int main(int argc, char **argv)
{
    unsigned seconds = argc > 1 ? (unsigned)atoi(argv[1]) : 5;
    struct workers_load load;
    struct loop *loop;
    pthread_t thread;
    int64_t until;
    bool empty;

    dice = argc > 2 ? strtoull(argv[2], NULL, 10) * 2654435761u + 1 : 88172645463325252u;
    leg_count = argc > 3 ? (unsigned)atoi(argv[3]) : 60;
    if (leg_count < 2 || leg_count > LEGS_MAX || !mkdtemp(folder))
        must("2 to 1000 legs, and a folder", EINVAL);
    must("loop", loop_alloc(&loop));
    begin(loop);
    must("thread", pthread_create(&thread, NULL, send_all, NULL));
    for (until = clock_mono_ms() + seconds * 1000; clock_mono_ms() < until;)
        turn(loop);
    empty = end(loop);
    atomic_store(&over, true);
    pthread_join(thread, NULL);
    workers_load(workers, &load);
    recorder_stop(recorder);
    workers_stop(workers);
    loop_run(loop);
    mem_unref(loop);
    mem_unref(sound);
    for (unsigned i = 0; i < leg_count; i++)
        close(legs[i].fd);
    rmdir(folder);
    printf("1..3\n");
    printf("%sok 1 - every leg and recording ends\n", empty ? "" : "not ");
    printf("%sok 2 - nothing is left in memory\n", mem_alive() == 0 ? "" : "not ");
    printf("%sok 3 - sound went both ways, and no message found a full ring\n",
           load.packets_in && load.packets_out && !load.ring_full ? "" : "not ");
    printf("# %u legs one after the other, %lu packets in, %lu out, %lu late ticks, %zu alive\n",
           opened, load.packets_in, load.packets_out, load.late_ticks, mem_alive());
    return !(empty && mem_alive() == 0 && load.packets_in && load.packets_out && !load.ring_full);
}
