/* fetch_file.h: a file as the body of a request, inside the room. On the fetch thread, but for
 * the path, which is set before, and the last closing. */
#ifndef OFFHOOK_HTTP_FETCH_FILE_H
#define OFFHOOK_HTTP_FETCH_FILE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <sys/types.h>

struct fetch_file {
    char *path; /* mem_alloc()ed; NULL: none */
    int fd;     /* valid when is_open */
    bool is_open;
    bool bad;         /* it failed while it was read, or became shorter */
    off_t size, left; /* [bytes] in all, and still to be sent */
};

/* Opens the file and has curl read it. 0, or an errno when it is no file that can be read. */
int fetch_file_open(struct fetch_file *file, CURL *easy);
/* Safe on one that was never opened. Frees the path too. */
void fetch_file_close(struct fetch_file *file);

#endif
