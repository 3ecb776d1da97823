/* library.c: see library.h. */
#include "recogniser/library.h"
#include "base/log.h"
#include "config.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    size_t place;
} calls[] = {
#define LIBRARY_ROW(name) {#name, offsetof(struct sphinx_library, name)},
    LIBRARY_CALLS(LIBRARY_ROW)
#undef LIBRARY_ROW
};

static bool find_all(void *handle, struct sphinx_library *library)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        void *call = dlsym(handle, calls[i].name);

        if (!call)
            return false;
        memcpy((char *)library + calls[i].place, &call, sizeof call);
    }
    return true;
}

const struct sphinx_library *sphinx_library(void)
{
    static struct sphinx_library library;
    static bool loaded;
    void *handle;

    if (loaded)
        return &library;
    handle = dlopen(SPHINX_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    loaded = handle && find_all(handle, &library);
    if (!loaded)
        log_error("recogniser", "PocketSphinx cannot be loaded: %s", dlerror());
    return loaded ? &library : NULL;
}
