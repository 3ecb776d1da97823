/* sound_bench.c: how long it takes from asking for a sound to its first sample: texts that were
 * never said before, asked for at once, and URLs that were never fetched; each is then played by a
 * ticking thread, and the silence for want of more is counted.
 *
 *     sound_bench [COUNT] */
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "player/loader.h"
#include "player/player.h"
#include "speech/speech.h"

#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RATE = 8000, FRAME = 160, TICK = 20, MOST = 1000 };

struct wait {
    int64_t asked, heard; /* [ns] */
    struct player player; /* the ticking thread, once heard */
    atomic_bool plays;
};

static struct wait waits[MOST];
static unsigned waiting;
static atomic_bool ended;

static void on_sound(struct sound *sound, const char *reason, void *arg)
{
    struct wait *wait = arg;

    wait->heard = clock_mono_ns();
    waiting--;
    if (!sound) {
        fprintf(stderr, "sound_bench: %s\n", reason);
        exit(1);
    }
    player_start(&wait->player, sound, 1, 0);
    atomic_store(&wait->plays, true);
}

static struct {
    unsigned count, late;
    int64_t longest; /* [ns] of the processor's time */
} ticks;

static int64_t own_time(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void *tick(void *arg)
{
    struct timespec at;

    (void)arg;
    ticks.count = ticks.late = 0;
    ticks.longest = 0;
    clock_gettime(CLOCK_MONOTONIC, &at);
    while (!atomic_load(&ended)) {
        int64_t due = at.tv_sec * INT64_C(1000000000) + at.tv_nsec, from = own_time(), took;

        ticks.count++;
        ticks.late += clock_mono_ns() - due > 5000000;
        for (unsigned i = 0; i < MOST; i++) {
            int16_t frame[FRAME] = {0};

            if (atomic_load(&waits[i].plays))
                player_mix(&waits[i].player, frame, FRAME);
        }
        took = own_time() - from;
        ticks.longest = took > ticks.longest ? took : ticks.longest;
        at.tv_nsec += TICK * 1000000;
        at.tv_sec += at.tv_nsec / 1000000000;
        at.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    }
    return NULL;
}

static int by_time(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static bool all_whole(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (sound_state(waits[i].player.sound) == SOUND_GROWING)
            return false;
    }
    return true;
}

static void report(const char *what, unsigned count, struct loop *loop)
{
    static double ms[MOST];
    int64_t from = waits[0].asked, whole;
    double seconds = 0;
    size_t starved = player_starved();
    pthread_t ticking;

    atomic_store(&ended, false);
    pthread_create(&ticking, NULL, tick, NULL);
    while (waiting || !all_whole(count))
        loop_wait(loop, 5);
    for (unsigned i = 0; i < count; i++) {
        ms[i] = (double)(waits[i].heard - waits[i].asked) / 1e6;
        seconds += (double)sound_length(waits[i].player.sound) / RATE;
    }
    qsort(ms, count, sizeof *ms, by_time);
    whole = clock_mono_ns();
    atomic_store(&ended, true);
    pthread_join(ticking, NULL);
    printf("%-23s %4u: first sound p50 %.1f p99 %.1f max %.1f ms; all %.0f s whole after %.0f ms; "
           "silent for want of more %.0f ms; %u of %u ticks late, the longest %.2f ms of CPU\n",
           what, count, ms[count / 2], ms[(count - 1) * 99 / 100], ms[count - 1], seconds,
           (double)(whole - from) / 1e6, (double)(player_starved() - starved) / 8, ticks.late,
           ticks.count, (double)ticks.longest / 1e6);
    for (unsigned i = 0; i < count; i++) {
        atomic_store(&waits[i].plays, false);
        player_reset(&waits[i].player);
    }
}

static void ask(struct speech *speech, const char *text, unsigned i)
{
    char own[2048];

    snprintf(own, sizeof own, text, i);
    waits[i].asked = clock_mono_ns();
    if (speech_say(speech, &(struct speech_request){.text = own}, on_sound, &waits[i]))
        exit(1);
    waiting++;
}

static struct speech *start_speech(struct loop *loop)
{
    struct speech_conf conf = {.loop = loop, .rate = RATE, .cache = 64 << 20};
    struct speech *speech;

    if (speech_start(&speech, &conf))
        exit(1);
    return speech;
}

static void stop_speech(struct speech *speech, struct loop *loop)
{
    speech_stop(speech);
    loop_run(loop);
}

static void bench_talks(struct loop *loop, const char *what, const char *text, unsigned count)
{
    struct speech *speech = start_speech(loop);

    for (unsigned i = 0; i < count; i++)
        ask(speech, text, i);
    report(what, count, loop);
    stop_speech(speech, loop);
}

/* One after the other, each while all before it are still being said. */
static void bench_newcomers(struct loop *loop, const char *what, const char *text, unsigned count)
{
    struct speech *speech = start_speech(loop);

    for (unsigned i = 0; i < count; i++) {
        ask(speech, text, i);
        while (waiting)
            loop_wait(loop, 100);
    }
    report(what, count, loop);
    stop_speech(speech, loop);
}

/* A server of one WAV file of a tone, whatever is asked for. */
static struct {
    int socket;
    unsigned char *wav;
    size_t size;
} server;

static void put(unsigned char *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

static void make_wav(unsigned seconds, unsigned rate)
{
    uint32_t data = seconds * rate * 2;

    server.size = 44 + data;
    server.wav = calloc(1, server.size);
    memcpy(server.wav, "RIFF....WAVEfmt ", 16);
    put(server.wav + 4, data + 36, 4);
    put(server.wav + 16, 16, 4);
    put(server.wav + 20, 1, 2);
    put(server.wav + 22, 1, 2);
    put(server.wav + 24, rate, 4);
    put(server.wav + 28, rate * 2, 4);
    put(server.wav + 32, 2, 2);
    put(server.wav + 34, 16, 2);
    memcpy(server.wav + 36, "data", 4);
    put(server.wav + 40, data, 4);
    for (uint32_t i = 0; i < data / 2; i++)
        put(server.wav + 44 + 2 * i, (uint32_t)lrint(8000 * sin(0.2 * i)), 2);
}

static void *answer(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char request[4096], head[128];
    size_t length = 0;
    ssize_t got;

    while ((got = recv(fd, request + length, sizeof request - length - 1, 0)) > 0) {
        length += (size_t)got;
        request[length] = '\0';
        if (!strstr(request, "\r\n\r\n"))
            continue;
        length = 0;
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", server.size);
        if (send(fd, head, strlen(head), MSG_NOSIGNAL) < 0 ||
            send(fd, server.wav, server.size, MSG_NOSIGNAL) < 0)
            break;
    }
    close(fd);
    return NULL;
}

static void *serve(void *arg)
{
    int fd;

    (void)arg;
    while ((fd = accept(server.socket, NULL, NULL)) >= 0) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, answer, (void *)(intptr_t)fd))
            close(fd);
        else
            pthread_detach(thread);
    }
    return NULL;
}

static bool allow(const struct sockaddr_storage *address, void *arg)
{
    (void)address, (void)arg;
    return true;
}

static void bench_streams(struct loop *loop, unsigned count)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    struct loader_conf conf = {.loop = loop,
                               .sounds = "/nowhere",
                               .rate = RATE,
                               .cache = 256 << 20,
                               .connect_timeout = 5000,
                               .timeout = 60000};
    struct fetch_conf fetch = {.allowed = allow};
    struct loader *loader;
    pthread_t thread;

    make_wav(30, 16000);
    server.socket = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server.socket, (struct sockaddr *)&at, sizeof at) || listen(server.socket, 256) ||
        getsockname(server.socket, (struct sockaddr *)&at, &size) ||
        pthread_create(&thread, NULL, serve, NULL) || fetch_start(&conf.fetch, &fetch) ||
        loader_start(&loader, &conf))
        exit(1);
    for (unsigned i = 0; i < count; i++, waiting++) {
        char url[64];

        snprintf(url, sizeof url, "http://127.0.0.1:%u/%u.wav", ntohs(at.sin_port), i);
        waits[i].asked = clock_mono_ns();
        if (loader_load(loader, url, on_sound, &waits[i]))
            exit(1);
    }
    report("streams of 30 s", count, loop);
    loader_stop(loader);
    fetch_stop(conf.fetch);
    loop_run(loop);
    shutdown(server.socket, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(server.socket);
    free(server.wav);
}

#define SENTENCE "Please hold the line while we are connecting you to one of our people. "
#define FIVE SENTENCE SENTENCE SENTENCE SENTENCE SENTENCE

int main(int argc, char **argv)
{
    unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100;
    struct loop *loop;

    if (count < 1 || count > MOST || loop_alloc(&loop))
        return 1;
    bench_talks(loop, "warm-up", "Hello number %u.", 1);
    bench_talks(loop, "a talk of 1400 letters", "Number %u. " FIVE FIVE FIVE FIVE, 1);
    bench_talks(loop, "talks of 90 letters", "Hello caller number %u, good day. " SENTENCE, count);
    bench_talks(loop, "talks of 1400 letters", "Number %u, " FIVE FIVE FIVE FIVE, count);
    bench_newcomers(loop, "newcomers, 1400 letters", "Number %u, " FIVE FIVE FIVE FIVE, count);
    bench_streams(loop, count);
    mem_unref(loop);
    return 0;
}
