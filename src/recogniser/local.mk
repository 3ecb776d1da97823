# src/recogniser: speech as text, by a server or by PocketSphinx.
liboffhook_a_SOURCES += \
	%D%/ask.c %D%/private.h \
	%D%/recogniser.c %D%/recogniser.h \
	%D%/remote.c \
	%D%/reply.c %D%/reply.h
AM_CPPFLAGS += $(SPHINX_CFLAGS)
if HAVE_POCKETSPHINX
liboffhook_a_SOURCES += \
	%D%/decoder.c %D%/decoder.h \
	%D%/grammar.c %D%/grammar.h \
	%D%/library.c %D%/library.h \
	%D%/sphinx.c \
	%D%/wave.c %D%/wave.h
endif
