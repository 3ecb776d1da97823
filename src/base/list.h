/* list.h: an intrusive, doubly linked, circular list. The node lies inside the
 * object; an object on no list has a node that is linked to itself or zeroed. */
#ifndef OFFHOOK_BASE_LIST_H
#define OFFHOOK_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

/* The object of `type` whose member `field` is the node `n`. */
#define list_entry(n, type, field) ((type *)(void *)((char *)(n)-offsetof(type, field)))

/* Walks `head`; the current node may be removed in the body. `n` is a name that is
 * declared here: it takes no parentheses. */
/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define list_each(n, head)                                                \
    for (struct list *n = (head)->next, *n##_next = n->next; n != (head); \
         n = n##_next, n##_next = n->next)
/* NOLINTEND(bugprone-macro-parentheses) */

static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head || !head->next;
}

static inline void list_append(struct list *head, struct list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

/* Safe on a node that is on no list. */
static inline void list_remove(struct list *node)
{
    if (!node->next)
        return;
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node->prev = NULL;
}

static inline struct list *list_first(const struct list *head)
{
    return list_empty(head) ? NULL : head->next;
}

#endif
