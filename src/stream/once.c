/* once.c: see once.h. */
#include "stream/once.h"

bool once_take(struct once *once, unsigned way, char digit, int64_t from, int64_t to)
{
    for (unsigned i = 0; i < ONCE_KEPT; i++) {
        unsigned place = (once->next + i) % ONCE_KEPT; /* the oldest first */

        if (once->kept[place].digit != digit || once->kept[place].way == way ||
            once->kept[place].to + ONCE_SLACK < from || once->kept[place].from - ONCE_SLACK > to)
            continue;
        once->kept[place].digit = 0;
        return false;
    }
    once->kept[once->next].from = from;
    once->kept[once->next].to = to;
    once->kept[once->next].way = way;
    once->kept[once->next].digit = digit;
    once->next = (once->next + 1) % ONCE_KEPT;
    return true;
}
