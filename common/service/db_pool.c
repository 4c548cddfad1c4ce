/* Connections for the threads that serve HTTP. */
#include "service/db_pool.h"

#include "base/alloc.h"

#include <pthread.h>

struct cb_db_pool {
    char *uri, *application_name;
    size_t most, open, idle;
    struct cb_db **idle_list;
    pthread_mutex_t lock;
    pthread_cond_t given;
};

struct cb_db_pool *cb_db_pool_new(const char *uri, const char *application_name, size_t most)
{
    struct cb_db_pool *pool = cb_xalloc(sizeof *pool);
    pool->uri = cb_xstrdup(uri);
    pool->application_name = cb_xstrdup(application_name);
    pool->most = most;
    pool->idle_list = cb_xalloc_array(most, sizeof(struct cb_db *));
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->given, NULL);
    return pool;
}

void cb_db_pool_free(struct cb_db_pool *pool)
{
    if (pool == NULL)
        return;
    for (size_t i = 0; i < pool->idle; i++)
        cb_db_close(pool->idle_list[i]);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->given);
    free(pool->idle_list);
    free(pool->uri);
    free(pool->application_name);
    free(pool);
}

/* An idle connection, or NULL and the right to open one. */
static struct cb_db *reserve(struct cb_db_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->idle == 0 && pool->open >= pool->most)
        pthread_cond_wait(&pool->given, &pool->lock);
    struct cb_db *db = pool->idle > 0 ? pool->idle_list[--pool->idle] : NULL;
    pool->open += db == NULL ? 1 : 0;
    pthread_mutex_unlock(&pool->lock);
    return db;
}

static void release(struct cb_db_pool *pool, struct cb_db *idle)
{
    pthread_mutex_lock(&pool->lock);
    if (idle != NULL)
        pool->idle_list[pool->idle++] = idle;
    else
        pool->open--;
    pthread_cond_signal(&pool->given);
    pthread_mutex_unlock(&pool->lock);
}

/* A connection that lay idle while the server was restarted does not know it yet. */
static bool is_answering(struct cb_db *db)
{
    struct cb_error ignored;
    return cb_db_is_alive(db) && cb_db_script(db, "SELECT 1", &ignored);
}

bool cb_db_pool_take(struct cb_db_pool *pool, struct cb_db **ret_db, struct cb_error *err)
{
    struct cb_db *db = reserve(pool);
    bool ok = db != NULL ? is_answering(db) || cb_db_reopen(db, err)
                         : cb_db_open(pool->uri, pool->application_name, &db, err);
    if (!ok) {
        cb_db_close(db);
        release(pool, NULL);
        return false;
    }
    *ret_db = db;
    return true;
}

void cb_db_pool_give(struct cb_db_pool *pool, struct cb_db *db)
{
    if (db == NULL)
        return;
    bool reusable = cb_db_is_alive(db) && !cb_db_in_tx(db);
    if (!reusable)
        cb_db_close(db);
    release(pool, reusable ? db : NULL);
}
