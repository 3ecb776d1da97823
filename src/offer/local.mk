# src/offer: SDP offer and answer. Text in, text out.
liboffhook_a_SOURCES += \
	%D%/ability.c \
	%D%/accept.c \
	%D%/answer.c \
	%D%/choose.c \
	%D%/crypto.c %D%/crypto.h \
	%D%/family.c \
	%D%/fmtp.c %D%/fmtp.h \
	%D%/make.c \
	%D%/numbers.c %D%/numbers.h \
	%D%/offer.h \
	%D%/read.c %D%/read.h \
	%D%/write.c %D%/write.h
