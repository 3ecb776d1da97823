/* library.h: PocketSphinx as it is loaded, on the day a model is configured: linked in, it would
 * bring a Fortran runtime along, whose printf hooks make every snprintf() of the process some
 * five times as slow. For decoder.c alone. */
#ifndef OFFHOOK_RECOGNISER_LIBRARY_H
#define OFFHOOK_RECOGNISER_LIBRARY_H

#include <pocketsphinx.h>
#include <sphinxbase/cmn.h>
#include <sphinxbase/err.h>
#include <sphinxbase/fe.h>
#include <sphinxbase/feat.h>
#include <sphinxbase/fsg_model.h>
#include <sphinxbase/jsgf.h>

#define LIBRARY_CALLS(CALL)    \
    CALL(ckd_free)             \
    CALL(cmd_ln_free_r)        \
    CALL(cmd_ln_init)          \
    CALL(cmn_live_set)         \
    CALL(err_set_callback)     \
    CALL(err_set_logfp)        \
    CALL(fe_end_utt)           \
    CALL(fe_free_2d)           \
    CALL(fe_process_utt)       \
    CALL(fe_start_stream)      \
    CALL(fe_start_utt)         \
    CALL(fsg_model_free)       \
    CALL(jsgf_build_fsg)       \
    CALL(jsgf_get_public_rule) \
    CALL(jsgf_grammar_free)    \
    CALL(jsgf_parse_string)    \
    CALL(logmath_exp)          \
    CALL(ps_args)              \
    CALL(ps_end_utt)           \
    CALL(ps_free)              \
    CALL(ps_get_fe)            \
    CALL(ps_get_feat)          \
    CALL(ps_get_hyp)           \
    CALL(ps_get_logmath)       \
    CALL(ps_get_prob)          \
    CALL(ps_init)              \
    CALL(ps_lookup_word)       \
    CALL(ps_process_raw)       \
    CALL(ps_seg_frames)        \
    CALL(ps_seg_iter)          \
    CALL(ps_seg_next)          \
    CALL(ps_seg_word)          \
    CALL(ps_set_fsg)           \
    CALL(ps_set_search)        \
    CALL(ps_start_stream)      \
    CALL(ps_start_utt)         \
    CALL(ps_unset_search)

#define LIBRARY_FIELD(name) __typeof__(name) *name;
struct sphinx_library {
    LIBRARY_CALLS(LIBRARY_FIELD)
};

/* Its functions, for good; NULL: it is not installed, or lacks one, which was logged. */
const struct sphinx_library *sphinx_library(void);

#endif
