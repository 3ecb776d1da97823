/* convert.c: every output sample is a windowed sinc laid over the input at its
 * exact time. The kernel lies in a table with 256 entries a zero crossing, read
 * with linear interpolation: errors stay below -80 dB. Where the two rates have
 * few distances between an output sample and the input before it, the weights of
 * each distance are read once and kept: then a sample is one sum of products. */
#include "audio/convert.h"

#include "audio/kernel.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    CROSSINGS = 16, /* of the kernel, each side, at the lower rate */
    FINE = 256,     /* table entries from one sample of the lower rate to the next */
    CHUNK = 1024,   /* input samples taken at once */
    TABLE = CROSSINGS * FINE,
    PHASES = 1024,   /* distances kept at most */
    WEIGHTS = 65536, /* and the weights of all of them */
    LANES = 8,       /* sums made side by side */
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
    unsigned step;  /* remainders are multiples of it */
    size_t row;     /* weights of one distance; a multiple of LANES */
    float *weights; /* a row a distance; NULL: too many of them */
};

static float table[TABLE + 2]; /* constant once made */

static void make_table(void)
{
    for (int i = 0; i < TABLE + 2; i++)
        table[i] = (float)kernel_at((double)i / FINE, CROSSINGS, CUTOFF, BETA);
}

static void convert_destroy(void *obj)
{
    struct convert *convert = obj;
    free(convert->hold);
    free(convert->weights);
}

/* What the input sample `distance` away from an output sample weighs in it. */
static double weight_at(const struct convert *convert, double distance)
{
    double at = fabs(distance) * (FINE / convert->scale);
    size_t entry = (size_t)at;
    if (entry >= TABLE)
        return 0;
    const float *row = table + entry;
    return (row[0] + (row[1] - row[0]) * (at - (double)entry)) / convert->scale;
}

static unsigned common(unsigned a, unsigned b)
{
    return b ? common(b, a % b) : a;
}

/* False: no memory. */
static bool keep_weights(struct convert *convert)
{
    convert->step = common(convert->from, convert->to);
    size_t phases = convert->to / convert->step, taps = 2 * convert->half;
    convert->row = (taps + LANES - 1) / LANES * LANES;
    if (phases > PHASES || phases * convert->row > WEIGHTS || convert->from == convert->to)
        return true;
    convert->weights = calloc(phases * convert->row, sizeof *convert->weights);
    for (size_t i = 0; convert->weights && i < phases; i++) {
        double after = (double)i / (double)phases;
        for (size_t k = 0; k < taps; k++)
            convert->weights[i * convert->row + k] =
                (float)weight_at(convert, (double)k + 1 - (double)convert->half - after);
    }
    return convert->weights != NULL;
}

int convert_alloc(struct convert **convert, unsigned from, unsigned to, convert_h *take, void *arg)
{
    if (from < CONVERT_RATE_MIN || from > CONVERT_RATE_MAX || to < CONVERT_RATE_MIN ||
        to > CONVERT_RATE_MAX)
        return EINVAL;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
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
    new->hold = calloc(2 * (new->half + CHUNK) + LANES, sizeof *new->hold);
    pthread_once(&once, make_table);
    if (!new->hold || !keep_weights(new)) {
        mem_unref(new);
        return ENOMEM;
    }
    *convert = new;
    return 0;
}

static int16_t round_sample(double value)
{
    if (value >= INT16_MAX)
        return INT16_MAX;
    return value <= INT16_MIN ? INT16_MIN : (int16_t)lrint(value);
}

/* n is a multiple of LANES. */
static float sum_of_products(const float *restrict a, const float *restrict b, size_t n)
{
    float lanes[LANES] = {0}, sum = 0;
    for (size_t i = 0; i < n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            lanes[k] += a[i + k] * b[i + k];
    for (size_t k = 0; k < LANES; k++)
        sum += lanes[k];
    return sum;
}

/* The sample remainder / to behind middle[0]. What a row has more than the kernel is zeros. */
static int16_t interpolate(const struct convert *convert, const float *middle)
{
    long half = (long)convert->half;
    if (convert->weights) {
        const float *row = convert->weights + convert->remainder / convert->step * convert->row;
        return round_sample((double)sum_of_products(middle + 1 - half, row, convert->row));
    }
    double sum = 0, after = (double)convert->remainder / convert->to;
    for (long j = 1 - half; j <= half; j++)
        sum += middle[j] * weight_at(convert, (double)j - after);
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
        out[count++] = interpolate(convert, middle);
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
