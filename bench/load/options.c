/* options.c: one row an option. */
#include "bench/load/options.h"
#include "bench/load/song.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, COUNT, REAL, TEXT };

static const struct row {
    const char *name;
    enum kind kind;
    size_t place;
    const char *help;
} rows[] = {
#define ROW(name, kind, field, help)                      \
    {                                                     \
        name, kind, offsetof(struct options, field), help \
    }
    ROW("to", TEXT, to, "called number, %d is the room's number (conf-%d)"),
    ROW("legs", COUNT, legs, "calls that sing and listen (2)"),
    ROW("per-room", COUNT, per_room, "of them in a room (2)"),
    ROW("speakers", COUNT, speakers,
        "of a room that sing, at most 28; the rest send silence (all)"),
    ROW("quiet", FLAG, quiet, "the rest send nothing after ten packets"),
    ROW("delay", FLAG, delay, "the first of a room sends bursts, the others time them"),
    ROW("seconds", COUNT, seconds, "length of the measured window (10)"),
    ROW("warmup", COUNT, warmup, "seconds from the last answer to the window (2)"),
    ROW("rate", REAL, rate, "calls begun a second (50)"),
    ROW("pid", COUNT, pid, "process whose CPU time and memory are told"),
    ROW("rtp-port", COUNT, rtp_port, "first of our RTP ports (40000)"),
    ROW("local", TEXT, local, "our address (127.0.0.1)"),
    ROW("echo", FLAG, echo, "the server plays each leg back to itself"),
    ROW("voice", FLAG, voice, "the server plays a sound to each leg; the window begins at once"),
    ROW("plain", FLAG, plain, "no SIP: RTP straight to the port given, + 2 a leg"),
    ROW("setup", FLAG, setup, "only set calls up and take them down"),
    ROW("calls", COUNT, calls, "with --setup: how many (1000)"),
    ROW("rooms", COUNT, rooms, "with --setup: rooms they are spread over, 2 at a time (50)"),
    ROW("hold", COUNT, hold, "with --setup: ms from ACK to BYE (0)"),
    ROW("timeout", COUNT, timeout, "ms of a SIP transaction (32000)"),
#undef ROW
};

static const struct options defaults = {.local = "127.0.0.1",
                                        .to = "conf-%d",
                                        .legs = 2,
                                        .per_room = 2,
                                        .warmup = 2,
                                        .seconds = 10,
                                        .rtp_port = 40000,
                                        .calls = 1000,
                                        .rooms = 50,
                                        .rate = 50,
                                        .timeout = 32000};

static int usage(void)
{
    fprintf(stderr, "usage: load IP:PORT [--option value]...\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        fprintf(stderr, "  --%-10s %s\n", rows[i].name, rows[i].help);
    return EINVAL;
}

static int read_value(void *field, enum kind kind, const char *value)
{
    char *end;

    if (kind == TEXT) {
        *(const char **)field = value;
        return 0;
    }
    double number = strtod(value, &end);
    if (end == value || *end || number < 0 || number > 1e9)
        return EINVAL;
    if (kind == REAL)
        *(double *)field = number;
    else
        *(unsigned *)field = (unsigned)number;
    return 0;
}

/* One option with its value, if it takes one; steps over both. */
static int read_option(struct options *options, char ***word)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *field = (char *)options + rows[i].place;

        if (strcmp(**word + 2, rows[i].name) != 0)
            continue;
        ++*word;
        if (rows[i].kind == FLAG) {
            *(bool *)field = true;
            return 0;
        }
        return **word ? read_value(field, rows[i].kind, *(*word)++) : EINVAL;
    }
    return EINVAL;
}

static int read_server(struct sockaddr_in *server, const char *text)
{
    const char *colon = strrchr(text, ':');
    char ip[INET_ADDRSTRLEN];

    if (!colon || (size_t)(colon - text) >= sizeof ip)
        return EINVAL;
    snprintf(ip, sizeof ip, "%.*s", (int)(colon - text), text);
    *server = (struct sockaddr_in){.sin_family = AF_INET};
    server->sin_port = htons((uint16_t)atoi(colon + 1));
    return inet_pton(AF_INET, ip, &server->sin_addr) == 1 && server->sin_port ? 0 : EINVAL;
}

unsigned options_voices(const struct options *options)
{
    bool all = options->speakers == 0 || options->speakers > options->per_room;

    return options->delay ? 1 : all ? options->per_room : options->speakers;
}

static bool sensible(const struct options *options)
{
    return options->server.sin_port && !(options->plain && options->voice) &&
           !(options->delay && options->voice) && options->legs > 0 && options->per_room > 0 &&
           options_voices(options) <= SONG_VOICES && options->seconds >= 2 && options->rate > 0 &&
           options->calls > 0 && options->rooms > 0 && options->rtp_port <= UINT16_MAX;
}

int options_read(struct options *options, int argc, char **argv)
{
    char **word = argv + 1;

    *options = defaults;
    while (word < argv + argc) {
        if (strncmp(*word, "--", 2) == 0) {
            if (read_option(options, &word))
                return usage();
        } else if (read_server(&options->server, *word++)) {
            return usage();
        }
    }
    return sensible(options) ? 0 : usage();
}
