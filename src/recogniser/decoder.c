/* decoder.c: an utterance as text. With hints the grammar of them is tried first, which takes a
 * fiftieth of the utterance's time. It always finds one of them, so what counts is how much of
 * what was said it covers: less than 0.7, and the language model is asked, as it is without
 * hints, which takes up to half the utterance's time. */
#include "recogniser/decoder.h"
#include "base/log.h"
#include "base/mem.h"
#include "recogniser/grammar.h"
#include "recogniser/library.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HINTS "hints"
#define LANGUAGE_WEIGHT 6.5F /* the library's own */
#define MODEL "_default"     /* the library's name for the search it began with */

enum { BLOCK = WAVE_RATE / 10 /* [samples] */, CEPSTRA = 13, PATH = 1200 };
static const double covered = 0.7;
static const struct sphinx_library *library; /* since the first decoder was wanted */

struct sphinx_decoder {
    ps_decoder_t *ps;
};

/* What one search found. */
struct finding {
    char *text;
    unsigned words;
    double covers; /* of the loud frames, 0 to 1 */
    double probability;
};

static void destroy(void *obj)
{
    struct sphinx_decoder *decoder = obj;

    if (decoder->ps)
        library->ps_free(decoder->ps);
}

/* What the library says: why a model is none, and its last words before it ends the process.
 * Its doubts about an utterance are for the curious. */
static void on_message(void *arg, err_lvl_t level, const char *format, ...)
{
    const bool *loading = arg;
    bool is_error = level == ERR_FATAL || (loading && level == ERR_ERROR);
    char text[300];
    va_list ap;

    if (!is_error && (level < ERR_WARN || log_get_level() < LOG_DEBUG))
        return;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    text[strcspn(text, "\n")] = '\0';
    log_write(is_error ? LOG_ERROR : LOG_DEBUG, "recogniser", "pocketsphinx: %s", text);
}

/* Writes the path of a part of the model; false: it is not there. */
static bool find_part(char path[PATH], const char *folder, const char *name, const char *proof)
{
    char inside[PATH + 16];
    int length = snprintf(path, PATH, "%s/%s", folder, name);

    if (length >= PATH)
        return false;
    snprintf(inside, sizeof inside, "%s%s", path, proof);
    return access(inside, R_OK) == 0;
}

static int load(struct sphinx_decoder *decoder, const char *folder)
{
    char sounds[PATH], words[PATH], model[PATH];
    cmd_ln_t *line;

    if (!find_part(sounds, folder, "en-us", "/mdef") ||
        !find_part(words, folder, "cmudict-en-us.dict", "") ||
        !find_part(model, folder, "en-us.lm.bin", ""))
        return ENOENT;
    line = library->cmd_ln_init(NULL, library->ps_args(), TRUE, "-hmm", sounds, "-dict", words,
                                "-lm", model, "-compallsen", "yes", "-remove_silence", "no", NULL);
    if (!line)
        return EINVAL;
    decoder->ps = library->ps_init(line);
    library->cmd_ln_free_r(line);
    if (!decoder->ps || feat_dimension1(library->ps_get_feat(decoder->ps)) < 1 ||
        library->ps_get_feat(decoder->ps)->cepsize != CEPSTRA)
        return EINVAL;
    return 0;
}

int sphinx_decoder_alloc(struct sphinx_decoder **decoderp, const char *folder)
{
    struct sphinx_decoder *decoder = mem_alloc(sizeof *decoder, destroy);
    bool loading = true;
    int err;

    if (!decoder)
        return ENOMEM;
    library = sphinx_library();
    if (!library) {
        mem_unref(decoder);
        return ENOSYS;
    }
    library->err_set_logfp(NULL); /* where the library lists its settings */
    library->err_set_callback(on_message, &loading);
    err = load(decoder, folder);
    library->err_set_callback(on_message, NULL);
    if (err)
        mem_unref(decoder);
    else
        *decoderp = decoder;
    return err;
}

static bool is_filler(const char *word)
{
    return *word == '<' || *word == '[' || *word == '+' || *word == '(';
}

/* How much of what is loud the words cover, and how many there are. */
static void measure(struct sphinx_decoder *decoder, const struct wave *wave,
                    struct finding *finding)
{
    size_t inside = 0;

    finding->words = 0;
    for (ps_seg_t *at = library->ps_seg_iter(decoder->ps); at; at = library->ps_seg_next(at)) {
        int from, to;

        if (is_filler(library->ps_seg_word(at)))
            continue;
        library->ps_seg_frames(at, &from, &to);
        finding->words++;
        if (from >= 0 && to >= from)
            inside += wave_loud_in(wave, (size_t)from, (size_t)to + 1);
    }
    finding->covers = wave->loud_count ? (double)inside / (double)wave->loud_count : 0;
}

static int take_finding(struct sphinx_decoder *decoder, const struct wave *wave,
                        struct finding *finding)
{
    int32 score = 0;
    const char *text = library->ps_get_hyp(decoder->ps, &score);

    if (!text || !*text)
        return 0;
    measure(decoder, wave, finding);
    finding->probability = library->logmath_exp(library->ps_get_logmath(decoder->ps),
                                                library->ps_get_prob(decoder->ps));
    finding->text = mem_strdup(text);
    return finding->text ? 0 : ENOMEM;
}

/* Tells the library how this line sounds, which it takes away: the mean of the utterance's own
 * cepstra. So it neither has to learn it on the way, nor knows anything of another call. */
static bool set_mean(ps_decoder_t *ps, const struct wave *wave)
{
    fe_t *front = library->ps_get_fe(ps);
    mfcc_t mean[CEPSTRA] = {0}, rest[CEPSTRA], **cepstra = NULL;
    int32 count = 0, used = 0, left = 0;

    library->fe_start_stream(front);
    if (library->fe_start_utt(front) < 0 ||
        library->fe_process_utt(front, wave->samples, wave->length, &cepstra, &count) < 0)
        return false;
    library->fe_end_utt(front, rest, &left);
    for (int32 i = 0; i < count; i++) {
        if (cepstra[i][0] < 0) /* digital silence */
            continue;
        used++;
        for (unsigned k = 0; k < CEPSTRA; k++)
            mean[k] += cepstra[i][k];
    }
    for (unsigned k = 0; used && k < CEPSTRA; k++)
        mean[k] /= (mfcc_t)used;
    if (used)
        library->cmn_live_set(library->ps_get_feat(ps)->cmn_struct, mean);
    library->fe_free_2d(cepstra);
    return true;
}

/* One search through the utterance. */
static int listen(struct sphinx_decoder *decoder, const struct sphinx_decoder_ask *ask,
                  const char *search, struct finding *finding)
{
    const struct wave *wave = ask->wave;
    ps_decoder_t *ps = decoder->ps;
    bool over = false, bad;

    memset(finding, 0, sizeof *finding);
    if (library->ps_set_search(ps, search) < 0)
        return EIO;
    if (!set_mean(ps, wave) || library->ps_start_stream(ps) < 0 || library->ps_start_utt(ps) < 0)
        return EIO;
    bad = false;
    for (size_t at = 0; at < wave->length && !over && !bad; at += BLOCK) {
        size_t n = wave->length - at < BLOCK ? wave->length - at : BLOCK;

        bad = library->ps_process_raw(ps, wave->samples + at, n, FALSE, FALSE) < 0;
        over = ask->over && ask->over(ask->arg);
    }
    bad = library->ps_end_utt(ps) < 0 || bad;
    return over ? ECANCELED : bad ? EIO : take_finding(decoder, wave, finding);
}

static bool knows(const char *word, void *arg)
{
    struct sphinx_decoder *decoder = arg;
    char *phones = library->ps_lookup_word(decoder->ps, word);

    library->ckd_free(phones);
    return phones != NULL;
}

/* As ps_set_jsgf_string() does, which forgets to free the grammar. */
static bool set_grammar(ps_decoder_t *ps, const char *text)
{
    jsgf_t *grammar = library->jsgf_parse_string(text, NULL);
    jsgf_rule_t *rule = grammar ? library->jsgf_get_public_rule(grammar) : NULL;
    fsg_model_t *model = NULL;
    bool good;

    if (rule)
        model =
            library->jsgf_build_fsg(grammar, rule, library->ps_get_logmath(ps), LANGUAGE_WEIGHT);
    good = model && library->ps_set_fsg(ps, HINTS, model) == 0;
    library->fsg_model_free(model);
    library->jsgf_grammar_free(grammar);
    return good;
}

static int match(struct sphinx_decoder *decoder, const struct sphinx_decoder_ask *ask,
                 const struct grammar *grammar, char **text, double *confidence)
{
    struct finding finding;
    const char *hint;
    int err;

    if (!set_grammar(decoder->ps, grammar_text(grammar)))
        return EIO;
    err = listen(decoder, ask, HINTS, &finding);
    hint = finding.text ? grammar_hint(grammar, finding.text) : NULL;
    if (!err && hint && finding.covers >= covered) {
        *confidence = finding.covers;
        *text = mem_strdup(hint);
        err = *text ? 0 : ENOMEM;
    }
    mem_unref(finding.text);
    library->ps_set_search(decoder->ps, MODEL);
    library->ps_unset_search(decoder->ps, HINTS);
    return err;
}

static int try_hints(struct sphinx_decoder *decoder, const struct sphinx_decoder_ask *ask,
                     char **text, double *confidence)
{
    struct grammar *grammar;
    unsigned unknown = 0;
    int err = grammar_alloc(&grammar, ask->hints, ask->hint_count, knows, decoder, &unknown);

    if (err)
        return err;
    if (unknown)
        log_debug("recogniser", "words of hints that no dictionary has count=%u", unknown);
    if (grammar_text(grammar))
        err = match(decoder, ask, grammar, text, confidence);
    mem_unref(grammar);
    return err;
}

static int ask_model(struct sphinx_decoder *decoder, const struct sphinx_decoder_ask *ask,
                     char **text, double *confidence)
{
    struct finding finding;
    int err = listen(decoder, ask, MODEL, &finding);

    if (err)
        return err;
    *text = finding.text;
    if (finding.words) /* of one word, as of a sentence: the mean */
        *confidence = fmin(1, pow(finding.probability, 1.0 / finding.words));
    return 0;
}

int sphinx_decoder_hear(struct sphinx_decoder *decoder, const struct sphinx_decoder_ask *ask,
                        char **text, double *confidence)
{
    int err = 0;

    *text = NULL;
    *confidence = 0;
    if (ask->wave->loud_count == 0)
        return 0;
    if (ask->hint_count)
        err = try_hints(decoder, ask, text, confidence);
    if (!err && !*text)
        err = ask_model(decoder, ask, text, confidence);
    return err;
}
