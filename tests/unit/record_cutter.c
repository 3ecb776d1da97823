/* record_cutter.c: a recording is cut at its silence: each piece where it was said. */
#include "audio/tone.h"
#include "record/cutter.h"
#include "record_kit.h"

#include <fcntl.h>

enum { PATIENCE = 20000 /* [ms] */, SLACK = 400 /* [ms] of silence around what is said */ };

static struct loop *loop;
static struct heard heard;
static char folder[64], path[128], scratch[128];

/* What was told. */
static struct {
    struct cutter *cutter;
    unsigned pieces, over, written, channels;
    int64_t duration;
    char error[128];
    struct utterance told[32];
    double low[32], high[32]; /* how much of 400 and 1000 Hz is in a piece */
    bool stop_early;
} seen;

static int start(void **state)
{
    (void)state;
    assert_int_equal(loop_alloc(&loop), 0);
    strcpy(folder, "/tmp/offhook-cutter-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.wav", folder);
    snprintf(scratch, sizeof scratch, "%s/a.wav.cut", folder);
    memset(&seen, 0, sizeof seen);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    if (seen.cutter)
        cutter_stop(seen.cutter);
    loop_run(loop);
    assert_int_equal(access(scratch, F_OK), -1);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
    mem_unref(loop);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

#define until(condition)                                        \
    do {                                                        \
        int64_t until_end = clock_mono_ms() + PATIENCE;         \
        while (!(condition)) {                                  \
            if (clock_mono_ms() > until_end)                    \
                fail_msg("waited in vain for: %s", #condition); \
            loop_wait(loop, 5);                                 \
        }                                                       \
    } while (0)

static void on_piece(const struct utterance *piece, void *arg)
{
    (void)arg;
    assert_true(seen.pieces < 32);
    assert_true(kit_read(&heard, piece->path));
    assert_int_equal(heard.info.channels, 1);
    assert_int_equal(heard.info.samplerate, 16000);
    assert_int_equal(heard.info.format, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
    assert_true(piece->duration > 60000 || heard.count == (size_t)piece->duration * 16);
    seen.low[seen.pieces] = kit_amplitude(&heard, 0, piece->duration / 2, 400);
    seen.high[seen.pieces] = kit_amplitude(&heard, 0, piece->duration / 2, 1000);
    seen.told[seen.pieces++] = *piece;
    if (!seen.stop_early) {
        cutter_next(seen.cutter);
        return;
    }
    cutter_stop(seen.cutter);
    seen.cutter = NULL;
}

static void on_over(unsigned channels, int64_t duration, const char *error, void *arg)
{
    (void)arg;
    seen.over++;
    seen.channels = channels;
    seen.duration = duration;
    snprintf(seen.error, sizeof seen.error, "%s", error ? error : "");
}

static void on_written(const char *error, void *arg)
{
    (void)arg;
    seen.written++;
    snprintf(seen.error, sizeof seen.error, "%s", error ? error : "");
}

static const struct cutter_handlers handlers = {on_piece, on_over, on_written};

/* Who says what when [ms]; hz 0: the end. */
struct said {
    unsigned channel;
    int64_t at, duration;
    double hz;
};

static void make(int format, unsigned channels, int64_t duration, const struct said *said)
{
    SF_INFO info = {.samplerate = 16000, .channels = (int)channels, .format = format};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    size_t count = (size_t)duration * 16;
    float *all = calloc(count * channels, sizeof *all);

    assert_non_null(file);
    for (; said->hz > 0; said++)
        for (int64_t i = said->at * 16; i < (said->at + said->duration) * 16; i++)
            all[(size_t)i * channels + said->channel] =
                (float)(0.3 * __builtin_sin(6.283185307 * said->hz * (double)i / 16000));
    assert_int_equal(sf_writef_float(file, all, (sf_count_t)count), count);
    sf_close(file);
    free(all);
}

static void cut(void)
{
    assert_int_equal(cutter_start(&seen.cutter, path, scratch, loop, &handlers, NULL), 0);
    until(seen.over);
}

static void is(unsigned piece, const struct said *said)
{
    const struct utterance *told = &seen.told[piece];

    assert_int_equal(told->channel, said->channel);
    assert_in_range(told->at + SLACK, said->at, said->at + SLACK);
    assert_in_range(told->at + told->duration, said->at + said->duration,
                    said->at + said->duration + SLACK);
    assert_true((said->hz < 500 ? seen.low : seen.high)[piece] > 8000);
    assert_true((said->hz < 500 ? seen.high : seen.low)[piece] < 300);
}

static const struct said both[] = {
    {0, 1000, 1500, 400}, {0, 4000, 700, 1000}, {0, 9000, 1000, 400}, /* to the very end */
    {1, 0, 2000, 1000},   {1, 5000, 500, 400},  {0}};

static void each_piece_is_where_it_was_said(void **state)
{
    static const int formats[] = {SF_FORMAT_WAV | SF_FORMAT_PCM_16,
                                  SF_FORMAT_OGG | SF_FORMAT_VORBIS,
                                  SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III};

    (void)state;
    for (int i = 0; i < 3; i++) {
        memset(&seen, 0, sizeof seen);
        make(formats[i], 2, 10000, both);
        cut();
        assert_string_equal(seen.error, "");
        assert_int_equal(seen.channels, 2);
        assert_in_range(seen.duration, 9900, 10100);
        assert_int_equal(seen.pieces, 5);
        for (unsigned k = 0; k < 5; k++)
            is(k, &both[k]);
        cutter_stop(seen.cutter);
        seen.cutter = NULL;
    }
}

/* Words without a pause are cut after a while; nothing of them is lost. */
static void what_has_no_pause_is_cut_all_the_same(void **state)
{
    static const struct said monologue[] = {{0, 500, 118000, 400}, {0}};
    int64_t end = 0;

    (void)state;
    make(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1, 120000, monologue);
    cut();
    assert_int_equal(seen.pieces, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(seen.told[i].duration <= CUTTER_LONGEST + 300);
        assert_true(i == 0 || seen.told[i].at == end);
        end = seen.told[i].at + seen.told[i].duration;
    }
    assert_in_range(end, 118500, 118500 + SLACK);
}

static void silence_has_no_pieces(void **state)
{
    static const struct said nothing[] = {{0}};

    (void)state;
    make(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 3, 5000, nothing);
    cut();
    assert_int_equal(seen.pieces, 0);
    assert_int_equal(seen.channels, 3);
    assert_string_equal(seen.error, "");
}

static void what_cannot_be_read_is_told(void **state)
{
    (void)state;
    cut();
    assert_string_equal(seen.error, "the recording cannot be read");
}

static void what_cannot_be_written_is_told(void **state)
{
    (void)state;
    make(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2, 10000, both);
    snprintf(scratch, sizeof scratch, "%s/none/a.cut", folder);
    cut();
    assert_string_equal(seen.error, "what was said cannot be written to the disk");
    assert_int_equal(seen.pieces, 0);
}

static void it_can_be_stopped_at_any_time(void **state)
{
    (void)state;
    make(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2, 10000, both);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(cutter_start(&seen.cutter, path, scratch, loop, &handlers, NULL), 0);
        loop_wait(loop, i % 5);
        if (seen.cutter)
            cutter_stop(seen.cutter);
    }
    memset(&seen, 0, sizeof seen);
    seen.stop_early = true;
    assert_int_equal(cutter_start(&seen.cutter, path, scratch, loop, &handlers, NULL), 0);
    until(!seen.cutter);
    loop_wait(loop, 50);
    assert_int_equal(seen.pieces, 1);
    assert_int_equal(seen.over, 0);
}

static void a_text_is_written_as_a_whole(void **state)
{
    char target[160], other[160], text[32] = "";
    int fd;

    (void)state;
    make(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2, 10000, both);
    cut();
    snprintf(target, sizeof target, "%s/b.json", folder);
    snprintf(other, sizeof other, "%s/b.until", folder);
    assert_int_equal(cutter_write(seen.cutter, target, "{\"a\":1}", 60), 0);
    until(seen.written);
    assert_string_equal(seen.error, "");
    fd = open(target, O_RDONLY);
    assert_int_equal(read(fd, text, sizeof text - 1), 7);
    assert_string_equal(text, "{\"a\":1}");
    close(fd);
    assert_int_equal(unlink(target), 0);
    assert_int_equal(unlink(other), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(each_piece_is_where_it_was_said), TEST(what_has_no_pause_is_cut_all_the_same),
        TEST(silence_has_no_pieces),           TEST(what_cannot_be_read_is_told),
        TEST(what_cannot_be_written_is_told),  TEST(it_can_be_stopped_at_any_time),
        TEST(a_text_is_written_as_a_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
