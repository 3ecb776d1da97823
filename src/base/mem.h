/* mem.h: the one allocator of objects, reference counted, with a destructor.
 *
 * A parent holds a reference to its child; the child borrows a back pointer
 * that the parent clears in its own destructor. The count is atomic, so an
 * object may be released on another thread than it was made on; nothing else
 * about an object becomes thread-safe by that. */
#ifndef OFFHOOK_BASE_MEM_H
#define OFFHOOK_BASE_MEM_H

#include <stddef.h>

/* Called once, when the last reference goes; frees what obj owns, not obj. */
typedef void mem_destroy_h(void *obj);

/* A zeroed object of size [bytes] with one reference; NULL when out of memory. */
void *mem_alloc(size_t size, mem_destroy_h *destroy);

/* One more reference. Returns obj; NULL stays NULL. */
void *mem_ref(void *obj);

/* One reference less. Returns NULL, so that `p = mem_unref(p)` reads as one act. */
void *mem_unref(void *obj);

/* References held now (for assertions and tests). */
unsigned mem_count(const void *obj);

/* A counted copy of a C string; NULL for NULL or when out of memory. */
char *mem_strdup(const char *text);

/* A counted, formatted string. NULL when out of memory. */
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Objects alive in the process, for leak checks and /metrics. */
size_t mem_alive(void);

/* Guards against use after free: every object that crosses a thread or a
 * callback starts with `unsigned magic`, and its entries check it. */
#define MAGIC_CHECK(obj, value) assert((obj) != NULL && (obj)->magic == (value))

#endif
