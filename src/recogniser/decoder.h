/* decoder.h: PocketSphinx, the only place that knows it. One thread at a time. Where the
 * library cannot get memory it ends the process, as it is made; with a model of 100 MB that is
 * a matter of the start. */
#ifndef OFFHOOK_RECOGNISER_DECODER_H
#define OFFHOOK_RECOGNISER_DECODER_H

#include "recogniser/wave.h"

struct sphinx_decoder;

/* Loads the model of the folder, half a second and 100 MB. 0, ENOENT (no model there), EINVAL
 * (the library does not take it), ENOSYS (there is no library) or ENOMEM. mem_unref() frees it. */
int sphinx_decoder_alloc(struct sphinx_decoder **decoder, const char *folder);

struct sphinx_decoder_ask {
    const struct wave *wave;
    char *const *hints;
    unsigned hint_count;
    bool (*over)(void *arg); /* true: nobody wants it any more. Asked ten times a second of sound */
    void *arg;
};

/* The text, mem_alloc()ed; NULL: nothing was understood. 0, ECANCELED (it is over), ENOMEM or
 * EIO. */
int sphinx_decoder_hear(struct sphinx_decoder *decoder, const struct sphinx_decoder_ask *ask,
                        char **text, double *confidence);

#endif
