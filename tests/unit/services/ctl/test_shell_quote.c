/* Words that a shell reads back as they were. */
#include "shell_quote.h"
#include "support/spec.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect(const char *word, const char *quoted)
{
    cb_auto_bytes struct cb_bytes out = CB_BYTES(1000);
    ctl_shell_quote(&out, word);
    assert_string_equal(cb_bytes_text(&out), quoted);
}

static void leaves_harmless_words_bare_and_quotes_the_others(void **state)
{
    (void)state;
    expect("/repo/main:/usr/bin", "/repo/main:/usr/bin");
    expect("", "''");
    expect("a b", "'a b'");
    expect("it's", "'it'\\''s'");
    expect("$HOME `id` \"x\"\n", "'$HOME `id` \"x\"\n'");
    expect("~", "'~'");
}

/* What sh prints for the quoted word. */
static void a_shell_gives_the_word_back(void **state)
{
    (void)state;
    static const char word[] = "a'b\"c$(date)\\n*?;&|<>#!~\n\t end";
    cb_auto_bytes struct cb_bytes script = CB_BYTES(1000);
    cb_bytes_puts(&script, "printf %s ");
    ctl_shell_quote(&script, word);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", cb_bytes_text(&script), (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    char back[200] = "";
    ssize_t n = read(ends[0], back, sizeof back - 1);
    close(ends[0]);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(n, (ssize_t)strlen(word));
    assert_string_equal(back, word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_harmless_words_bare_and_quotes_the_others),
        cmocka_unit_test(a_shell_gives_the_word_back),
    };
    return cmocka_run_group_tests_name("quoting", tests, NULL, NULL);
}
