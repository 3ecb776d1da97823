/* render.h: a document of SSML as steps for the engine. */
#ifndef OFFHOOK_SPEECH_RENDER_H
#define OFFHOOK_SPEECH_RENDER_H

#include <stdbool.h>

struct render_step {
    const char *document; /* SSML for the engine; NULL: silence */
    const char *file;     /* of another voice (voice.h) that speaks it, or NULL */
    unsigned silence;     /* [ms] */
    bool goes_on;         /* the next step is the rest of this document */
};

/* 0, or an errno that ends the rendering. */
typedef int render_h(const struct render_step *step, void *arg);
/* Takes a document that ssml_check() has passed. 0, ENOMEM, or what `take` returned. */
int render(const char *text, render_h *take, void *arg);

#endif
