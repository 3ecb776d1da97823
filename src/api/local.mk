# src/api: the REST door.
liboffhook_a_SOURCES += \
	%D%/api.c %D%/api.h %D%/private.h \
	%D%/auth.c \
	%D%/body.c \
	%D%/calls_create.c \
	%D%/calls_read.c \
	%D%/calls_steer.c \
	%D%/conversations.c \
	%D%/error.c \
	%D%/events.c \
	%D%/page.c \
	%D%/route.c \
	%D%/service.c
