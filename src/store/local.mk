# src/store: what must survive.
liboffhook_a_SOURCES += \
	%D%/ask.c \
	%D%/ask_conversations.c \
	%D%/ask_events.c \
	%D%/ask_legs.c \
	%D%/ask_members.c \
	%D%/ask_replies.c \
	%D%/ask_users.c \
	%D%/columns.c \
	%D%/dead.c \
	%D%/commit.c \
	%D%/drop.c \
	%D%/inside.h \
	%D%/migrate.c \
	%D%/open.c \
	%D%/page.c \
	%D%/prune.c \
	%D%/read.c \
	%D%/statement.c \
	%D%/store.h \
	%D%/table.c \
	%D%/write.c
