/* page_cursor.h: cursors as text, for page.c and page_links.c only. Both mem. */
#ifndef OFFHOOK_API_PAGE_CURSOR_H
#define OFFHOOK_API_PAGE_CURSOR_H

#include <stdbool.h>

char *page_cursor(bool back, const char *key);         /* NULL: out of memory, or too long a key */
char *page_cursor_key(const char *cursor, bool *back); /* NULL: it is none of ours */

#endif
