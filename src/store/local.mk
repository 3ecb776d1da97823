# src/store: what must survive.
liboffhook_a_SOURCES += \
	%D%/ask.c \
	%D%/commit.c \
	%D%/inside.h \
	%D%/migrate.c \
	%D%/open.c \
	%D%/read.c \
	%D%/store.h \
	%D%/table.c \
	%D%/write.c
