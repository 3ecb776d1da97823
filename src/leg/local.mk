# src/leg: one call leg.
liboffhook_a_SOURCES += \
	%D%/ability.c \
	%D%/cause.c %D%/cause.h \
	%D%/change.c \
	%D%/fork.c \
	%D%/incoming.c \
	%D%/keys.c \
	%D%/leg.c %D%/leg.h %D%/private.h \
	%D%/media.c \
	%D%/outgoing.c \
	%D%/quality.c \
	%D%/relay.c %D%/relay.h \
	%D%/secure.c \
	%D%/socket.c \
	%D%/text.c %D%/text.h \
	%D%/transfer.c \
	%D%/trouble.c
