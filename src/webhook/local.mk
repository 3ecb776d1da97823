# src/webhook: telling the application, and asking it.
liboffhook_a_SOURCES += \
	%D%/ask.c \
	%D%/content.c \
	%D%/dead.c \
	%D%/destination.c \
	%D%/inside.h \
	%D%/lane.c \
	%D%/reply.c \
	%D%/request.c \
	%D%/send.c \
	%D%/sign.c \
	%D%/webhook.c \
	%D%/webhook.h
