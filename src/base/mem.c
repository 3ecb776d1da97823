/* mem.c: reference-counted objects. A header of 32 bytes precedes each object,
 * so that the object itself keeps the alignment malloc gives. */
#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEM_MAGIC = 0x6f66686b };

struct header {
    unsigned magic;
    atomic_uint count;
    mem_destroy_h *destroy;
    _Alignas(max_align_t) char object[];
};

static atomic_size_t alive;

static struct header *header_of(const void *obj)
{
    struct header *h = (struct header *)((char *)obj - offsetof(struct header, object));
    assert(h->magic == MEM_MAGIC);
    return h;
}

void *mem_alloc(size_t size, mem_destroy_h *destroy)
{
    struct header *h = calloc(1, sizeof *h + size);

    if (!h)
        return NULL;
    h->magic = MEM_MAGIC;
    atomic_init(&h->count, 1);
    h->destroy = destroy;
    atomic_fetch_add_explicit(&alive, 1, memory_order_relaxed);
    return h->object;
}

void *mem_ref(void *obj)
{
    if (obj)
        atomic_fetch_add_explicit(&header_of(obj)->count, 1, memory_order_relaxed);
    return obj;
}

void *mem_unref(void *obj)
{
    struct header *h;

    if (!obj)
        return NULL;
    h = header_of(obj);
    if (atomic_fetch_sub_explicit(&h->count, 1, memory_order_acq_rel) != 1)
        return NULL;
    if (h->destroy)
        h->destroy(obj);
    h->magic = 0;
    free(h);
    atomic_fetch_sub_explicit(&alive, 1, memory_order_relaxed);
    return NULL;
}

unsigned mem_count(const void *obj)
{
    return obj ? atomic_load(&header_of(obj)->count) : 0;
}

char *mem_strdup(const char *text)
{
    size_t size;
    char *copy;

    if (!text)
        return NULL;
    size = strlen(text) + 1;
    copy = mem_alloc(size, NULL);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

char *mem_printf(const char *format, ...)
{
    va_list ap;
    int length;
    char *text;

    va_start(ap, format);
    length = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    if (length < 0)
        return NULL;
    text = mem_alloc((size_t)length + 1, NULL);
    if (!text)
        return NULL;
    va_start(ap, format);
    vsnprintf(text, (size_t)length + 1, format, ap);
    va_end(ap);
    return text;
}

size_t mem_alive(void)
{
    return atomic_load_explicit(&alive, memory_order_relaxed);
}
