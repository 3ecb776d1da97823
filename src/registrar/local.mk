# src/registrar: at which phones users can be reached, and who guesses their passwords.
liboffhook_a_SOURCES += \
	%D%/binding.c \
	%D%/find.c \
	%D%/guard.c %D%/guard.h \
	%D%/private.h \
	%D%/registrar.c %D%/registrar.h
