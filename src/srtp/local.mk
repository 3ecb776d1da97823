# src/srtp: SRTP, and its keys in SDP.
liboffhook_a_SOURCES += \
	%D%/cipher.c \
	%D%/keys.c \
	%D%/open.c \
	%D%/packet.c \
	%D%/private.h \
	%D%/protect.c \
	%D%/replay.c \
	%D%/srtp.h \
	%D%/suite.c \
	%D%/text.c
