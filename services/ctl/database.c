/* The suite's database: its migrations. */
#include "database.h"

#include "base/alloc.h"
#include "service/migrate.h"

static void tell(void *self, const char *name)
{
    (void)name;
    ++*(int *)self;
}

bool ctl_database_migrate(struct ctl *ctl, struct cb_db *db, int *ret_applied, struct cb_error *err)
{
    cb_auto(cb_free) char *folder = cb_xasprintf("%s/migrations", ctl->layout.shipped);
    int applied = 0;
    if (!cb_migrate_apply(db, folder, tell, &applied, err))
        return cb_context(err, "cannot migrate the database");
    *ret_applied = applied;
    return true;
}
