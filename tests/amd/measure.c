/* measure.c: how well detect/ tells people from machines on the corpus of tests/amd.
 *
 *   measure FOLDER              both halves, a line a figure
 *   measure FOLDER HALF         that half, and each case that went wrong
 *
 * Each case is heard as by a worker in DETECT_BEEP, with the usual window; after its end
 * there is silence until nothing more can come. A case counts by what is known when its
 * sound ends. Silence has no right answer and is left out; what is expected of ringing,
 * "none", counts only when it is taken for a person or a machine. */
#include "base/mem.h"
#include "detect/detect.h"

#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 64, WORST = 1000, BEEP_LATE = 6000 /* [ms] after its end it is none any more */ };

struct test {
    char name[TEXT], half[TEXT], kind[TEXT], expect[TEXT];
    int beep_begin, beep_end; /* [ms]; -1: none */
};

struct outcome {
    enum detect_verdict verdict; /* HUMAN, MACHINE or NONE */
    enum detect_reason reason;
    int at;   /* [ms] */
    int beep; /* [ms]; -1: none was told */
};

struct score {
    unsigned cases;
    unsigned expected[3], told[3], right[3]; /* by enum detect_verdict */
    unsigned beeps, beeps_found, beeps_told;
    int times[2][WORST], delays[WORST]; /* [ms] to HUMAN, to MACHINE; after a beep */
    unsigned time_count[2], delay_count;
};

static void hear(struct detect *detect, const int16_t *frame, int at, struct outcome *outcome)
{
    enum detect_verdict verdict = detect_run(detect, frame);

    if (verdict == DETECT_HUMAN || verdict == DETECT_MACHINE) {
        outcome->verdict = verdict;
        outcome->reason = detect_reason(detect);
        outcome->at = at;
    } else if (verdict == DETECT_BEEP_START) {
        outcome->beep = at;
    }
}

static int listen(const char *folder, const struct test *test, struct outcome *outcome)
{
    struct detect_conf conf = {.mode = DETECT_BEEP};
    static const int16_t silence[DETECT_FRAME];
    int16_t frame[DETECT_FRAME];
    struct detect *detect;
    SF_INFO info = {0};
    char path[4096];
    SNDFILE *file;
    int at = 0;

    *outcome = (struct outcome){.beep = -1};
    snprintf(path, sizeof path, "%s/%s.wav", folder, test->name);
    file = sf_open(path, SFM_READ, &info);
    if (!file || info.samplerate != 8000 || info.channels != 1 || detect_alloc(&detect, &conf)) {
        fprintf(stderr, "measure: %s: not a sound of 8 kHz, mono\n", path);
        sf_close(file);
        return 1;
    }
    while (sf_read_short(file, frame, DETECT_FRAME) == DETECT_FRAME)
        hear(detect, frame, at += 20, outcome);
    sf_close(file);
    while (outcome->verdict == DETECT_MACHINE && !detect_over(detect))
        hear(detect, silence, at += 20, outcome);
    mem_unref(detect);
    return 0;
}

static enum detect_verdict verdict_of(const char *text)
{
    return !strcmp(text, "human")     ? DETECT_HUMAN
           : !strcmp(text, "machine") ? DETECT_MACHINE
                                      : DETECT_NONE;
}

static bool found_beep(const struct test *test, const struct outcome *outcome)
{
    return test->beep_begin >= 0 && outcome->beep > test->beep_begin &&
           outcome->beep < test->beep_end + BEEP_LATE;
}

/* Of those taken for machines: a beep after a person is nobody's. */
static void add_beep(struct score *score, const struct test *test, const struct outcome *outcome)
{
    score->beeps += test->beep_begin >= 0;
    score->beeps_told += outcome->beep >= 0;
    if (!found_beep(test, outcome))
        return;
    score->beeps_found++;
    score->delays[score->delay_count++] = outcome->beep - test->beep_end;
}

static void add(struct score *score, const struct test *test, const struct outcome *outcome)
{
    enum detect_verdict expected = verdict_of(test->expect);

    if (score->cases == WORST)
        return;
    score->cases++;
    score->expected[expected]++;
    score->told[outcome->verdict]++;
    score->right[expected] += expected == outcome->verdict;
    if (expected && expected == outcome->verdict) {
        unsigned which = expected == DETECT_MACHINE;

        score->times[which][score->time_count[which]++] = outcome->at;
    }
    add_beep(score, test, outcome);
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static int quantile(int *values, unsigned count, double part)
{
    if (!count)
        return 0;
    qsort(values, count, sizeof *values, compare);
    return values[(unsigned)((count - 1) * part)];
}

static double share(unsigned part, unsigned whole)
{
    return whole ? (double)part / whole : 1;
}

static void print_verdict(const char *half, struct score *score, enum detect_verdict verdict)
{
    unsigned which = verdict == DETECT_MACHINE, count = score->time_count[which];
    int *times = score->times[which];

    printf("%s %s: precision %.3f (%u of %u), recall %.3f (%u of %u), decided after %d ms (p50), "
           "%d ms (p95)\n",
           half, detect_verdict_text(verdict), share(score->right[verdict], score->told[verdict]),
           score->right[verdict], score->told[verdict],
           share(score->right[verdict], score->expected[verdict]), score->right[verdict],
           score->expected[verdict], quantile(times, count, 0.5), quantile(times, count, 0.95));
}

static void print(const char *half, struct score *score)
{
    unsigned found = score->beeps_found, count = score->delay_count;

    print_verdict(half, score, DETECT_HUMAN);
    print_verdict(half, score, DETECT_MACHINE);
    printf("%s beep: precision %.3f (%u of %u), recall %.3f (%u of %u), told %d ms (p50), "
           "%d ms (p95) after its end\n",
           half, share(found, score->beeps_told), found, score->beeps_told,
           share(found, score->beeps), found, score->beeps, quantile(score->delays, count, 0.5),
           quantile(score->delays, count, 0.95));
}

static void print_wrong(const struct test *test, const struct outcome *outcome)
{
    bool beep = test->beep_begin >= 0 ? found_beep(test, outcome) : outcome->beep < 0;

    if (verdict_of(test->expect) == outcome->verdict && (beep || outcome->verdict == DETECT_HUMAN))
        return;
    printf("# %s (%s): expected %s, told %s by %s at %d ms", test->name, test->kind, test->expect,
           detect_verdict_text(outcome->verdict), detect_reason_text(outcome->reason), outcome->at);
    if (!beep)
        printf("; beep at %d to %d ms, told at %d ms", test->beep_begin, test->beep_end,
               outcome->beep);
    printf("\n");
}

static int run(FILE *index, const char *folder, const char *half)
{
    static struct score scores[2]; /* tuning, held-out */
    struct test test;
    int err = 0;

    while (!err && fscanf(index, "%63s %63s %63s %63s %d %d", test.name, test.half, test.kind,
                          test.expect, &test.beep_begin, &test.beep_end) == 6) {
        struct outcome outcome;

        if (!strcmp(test.kind, "silence") || (half && strcmp(half, test.half) != 0))
            continue;
        err = listen(folder, &test, &outcome);
        if (!err)
            add(&scores[strcmp(test.half, "tuning") != 0], &test, &outcome);
        if (!err && half)
            print_wrong(&test, &outcome);
    }
    if (scores[0].cases)
        print("tuning", &scores[0]);
    if (scores[1].cases)
        print("held-out", &scores[1]);
    return err || scores[0].cases + scores[1].cases == 0;
}

int main(int argc, char **argv)
{
    char path[4096];
    FILE *index;
    int err;

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: measure FOLDER [HALF]\n");
        return 2;
    }
    snprintf(path, sizeof path, "%s/index.tsv", argv[1]);
    index = fopen(path, "r");
    if (!index) {
        perror(path);
        return 1;
    }
    err = run(index, argv[1], argc == 3 ? argv[2] : NULL);
    fclose(index);
    return err;
}
