/* convert.c: every output sample is a windowed sinc laid over the input at its
 * exact time. The kernel lies in a table with 256 entries a zero crossing, read
 * with linear interpolation: errors stay below -80 dB. */
#include "audio/convert.h"

#include "audio/kernel.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    CROSSINGS = 16, /* of the kernel, each side, at the lower rate */
    FINE = 256,     /* table entries from one sample of the lower rate to the next */
    CHUNK = 1024,   /* input samples taken at once */
    TABLE = CROSSINGS * FINE,
};

#define CUTOFF 0.47 /* of the lower rate */
#define BETA 8.0    /* of the Kaiser window */

struct convert {
    unsigned from, to;
    convert_h *take;
    void *arg;
    double scale;       /* samples of the input for each of the lower rate */
    size_t half;        /* input samples on each side of an output sample */
    uint64_t taken;     /* input samples so far */
    uint64_t place;     /* input sample at or before the next output sample ... */
    unsigned remainder; /* ... and how far after it, in 1/to samples */
    float *hold;        /* input; hold[0] is input sample `taken - held` */
    size_t held;
    float table[TABLE + 2];
};

static void convert_destroy(void *obj)
{
    struct convert *convert = obj;
    free(convert->hold);
}

static void make_table(struct convert *convert)
{
    for (int i = 0; i < TABLE + 2; i++)
        convert->table[i] =
            (float)(kernel_at((double)i / FINE, CROSSINGS, CUTOFF, BETA) / convert->scale);
}

int convert_alloc(struct convert **convert, unsigned from, unsigned to, convert_h *take, void *arg)
{
    if (from < CONVERT_RATE_MIN || from > CONVERT_RATE_MAX || to < CONVERT_RATE_MIN ||
        to > CONVERT_RATE_MAX)
        return EINVAL;
    struct convert *new = mem_alloc(sizeof *new, convert_destroy);
    if (!new)
        return ENOMEM;
    new->from = from;
    new->to = to;
    new->take = take;
    new->arg = arg;
    new->scale = from > to ? (double)from / to : 1;
    new->half = (size_t)ceil(CROSSINGS * new->scale);
    new->held = new->half; /* silence before the start */
    new->hold = calloc(2 * (new->half + CHUNK), sizeof *new->hold);
    if (!new->hold) {
        mem_unref(new);
        return ENOMEM;
    }
    make_table(new);
    *convert = new;
    return 0;
}

static int16_t round_sample(double value)
{
    if (value >= INT16_MAX)
        return INT16_MAX;
    return value <= INT16_MIN ? INT16_MIN : (int16_t)lrint(value);
}

/* The sample `after` (0 … 1) behind middle[0]. */
static int16_t interpolate(const struct convert *convert, const float *middle, double after)
{
    double sum = 0, step = FINE / convert->scale;
    long half = (long)convert->half;
    for (long j = 1 - half; j <= half; j++) {
        double at = fabs((double)j - after) * step;
        size_t entry = (size_t)at;
        if (entry >= TABLE)
            continue;
        const float *row = convert->table + entry;
        sum += middle[j] * (row[0] + (row[1] - row[0]) * (at - (double)entry));
    }
    return round_sample(sum);
}

/* Makes every output sample before input time `end` whose input is all here. */
static int produce(struct convert *convert, uint64_t end)
{
    int16_t out[CHUNK];
    size_t count = 0;
    int err = 0;
    uint64_t first = convert->taken - convert->held; /* wraps before the start; so do the sums */
    while (!err && convert->place < end && convert->place + convert->half < convert->taken) {
        const float *middle = convert->hold + (size_t)(convert->place - first);
        out[count++] = interpolate(convert, middle, (double)convert->remainder / convert->to);
        uint64_t next = (uint64_t)convert->remainder + convert->from;
        convert->place += next / convert->to;
        convert->remainder = (unsigned)(next % convert->to);
        if (count == CHUNK) {
            err = convert->take(out, count, convert->arg);
            count = 0;
        }
    }
    return err || count == 0 ? err : convert->take(out, count, convert->arg);
}

/* Forgets the input that no coming sample reaches back to. */
static void forget(struct convert *convert)
{
    uint64_t first = convert->taken - convert->held;
    size_t reach = (size_t)(convert->place - first);
    if (reach <= convert->half)
        return;
    size_t drop = reach - convert->half;
    if (drop > convert->held)
        drop = convert->held;
    memmove(convert->hold, convert->hold + drop, (convert->held - drop) * sizeof *convert->hold);
    convert->held -= drop;
}

/* Takes up to a chunk. */
static int filter(struct convert *convert, const float *in, size_t n, uint64_t end)
{
    memcpy(convert->hold + convert->held, in, n * sizeof *in);
    convert->held += n;
    convert->taken += n;
    int err = produce(convert, end);
    forget(convert);
    return err;
}

/* No change of rate: only rounding. */
static int pass(const struct convert *convert, const float *in, size_t n)
{
    int16_t out[CHUNK];
    for (size_t i = 0; i < n; i++)
        out[i] = round_sample(in[i]);
    return convert->take(out, n, convert->arg);
}

int convert_run(struct convert *convert, const float *in, size_t n)
{
    int err = 0;
    bool same = convert->from == convert->to;
    while (!err && n > 0) {
        size_t part = n < CHUNK ? n : CHUNK;
        err = same ? pass(convert, in, part) : filter(convert, in, part, UINT64_MAX);
        in += part;
        n -= part;
    }
    return err;
}

int convert_end(struct convert *convert)
{
    static const float silence[CHUNK];
    uint64_t end = convert->taken;
    int err = 0;
    while (!err && convert->place < end)
        err = filter(convert, silence, CHUNK, end);
    return err;
}
