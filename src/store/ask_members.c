/* ask_members.c: the members of a conversation or of a user, each with its user. */
#include "store/inside.h"

static int members(struct store *store, struct op *op)
{
    static const struct attachment attachments[] = {{USER, "u", "user_row"},
                                                    {CONVERSATION, "c", "conversation_row"}};
    const struct store_members_query *query = (const void *)op->data;
    const struct condition conditions[] = {
        {"t.application = ?", query->application, 0},
        {"t.conversation = ?", query->conversation, 0},
        {"t.id = ?", query->id, 0},
        /* "+": by the user's index only when nothing better is given */
        {query->conversation ? "+t.\"user\" = ?" : "t.\"user\" = ?", query->user, 0},
        {"t.state = ?", query->state, 0},
        {"t.created >= ?", NULL, query->created_from},
        {"t.created <= ?", NULL, query->created_to},
    };
    const struct selection selection = {
        .table = MEMBER,
        CONDITIONS(conditions),
        .joins = query->with_conversation ? "LEFT JOIN user AS u ON u.id = t.\"user\""
                                            " LEFT JOIN conversation AS c ON c.id = t.conversation"
                                          : "LEFT JOIN user AS u ON u.id = t.\"user\"",
        .attachments = attachments,
        .attached = query->with_conversation ? 2 : 1,
    };

    return page_answer(store, op, &selection, &query->page);
}

int store_ask_members(struct store *store, const struct store_members_query *query,
                      store_answer_h *answer, void *arg)
{
    static const size_t texts[] = {offsetof(struct store_members_query, application),
                                   offsetof(struct store_members_query, conversation),
                                   offsetof(struct store_members_query, id),
                                   offsetof(struct store_members_query, user),
                                   offsetof(struct store_members_query, state),
                                   offsetof(struct store_members_query, page.key)};
    static const struct question question = QUESTION(members, store_members_query, texts);

    return ask_post(store, &question, query, answer, arg);
}
