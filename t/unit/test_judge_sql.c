/*
 * The SQL judge: values that would change the statement around them, in
 * several dialects, and names, codes and sentences that resemble them.
 */

#include "mcp_judge.h"

#include "tap.h"

#include <stdlib.h>
#include <time.h>


static const char *const  attacks[] = {

    /* behind a quote: a condition */
    "' OR '1'='1", "' or 1=1--", "x' OR 'x'='x", "' OR ''='", "\" OR \"\"=\"",
    "') OR ('1'='1", "')) OR 1=1 -- ", "' OR 1=1 LIMIT 1 -- -", "' OR 2>1--",
    "' XOR 1=1--", "' || 1=1#", "'&&1=1#", "'=''or'", "' AND '1'='1",
    "1' AND '1'='2", "' OR 1 IN (1)--", "' OR 1 BETWEEN 0 AND 2--",
    "' OR name LIKE '%a%", "' OR 'a' LIKE 'a", "' OR username IS NOT NULL--",
    "' OR true--", "' OR 1 -- ", "' OR NOT 0--", "' or 'one'='one",
    "ORD-1' OR '1'='1", "x' AND email IS NULL; --", "' AND 1=0 -- ",
    "\\' OR 1=1--", "' OR\n1=1--", "'\tOR\t1=1--", "'OR'1'='1", "' oR 1=1#",

    /* and an end */
    "admin'--", "admin' #", "admin'/*", "admin') --", "admin\" -- ",
    "admin' or '1'='1'#", "x'; --", "' -- ",

    /* another query */
    "' UNION SELECT NULL,NULL--", "1 UNION SELECT user,password FROM users",
    "' UNION ALL SELECT @@version,2#", "-1 UNION SELECT 1,2,3",
    "' UNION SELECT 1 FROM dual--", "0 UNION SELECT 1", "null UNION SELECT 1",
    "' UNION SELECT sql FROM sqlite_master--", "1 union distinct select 1",
    "1/**/UNION/**/SELECT/**/1", "' /*!50000UNION*/ /*!50000SELECT*/ 1--",
    "5 UNION (SELECT * FROM secrets)", "'+(SELECT 1)+'",
    "' || (SELECT password FROM users LIMIT 1) || '",
    "(SELECT password FROM users LIMIT 1)",
    "name,(SELECT password FROM users LIMIT 1)",

    /* another statement */
    "1; DROP TABLE users", "'; DELETE FROM users WHERE 1=1;--",
    "'; INSERT INTO users VALUES('x','y')--",
    "'; UPDATE users SET role='admin' WHERE name='x'--", "1; TRUNCATE TABLE t",
    "'; EXEC xp_cmdshell('whoami')--", "'; SHUTDOWN;--",
    "'; DECLARE @x varchar(99);--", "1;SELECT * FROM users",
    "id; DROP TABLE x--", "x'; GRANT ALL ON *.* TO 'x'@'%';--",
    "'; ALTER USER x WITH PASSWORD 'y'--", "a'; CREATE TABLE t (a int); --",
    "'; CALL dbms_java.runjava('x')--", "'; MERGE INTO t USING u--",

    /* a question by error, time or file */
    "1' AND SLEEP(5)--", "1; SELECT pg_sleep(5)", "' or sleep(3)='",
    "'; WAITFOR DELAY '0:0:5'--", "1 WAITFOR DELAY '0:0:5'",
    "' AND BENCHMARK(1000000,MD5(1))--",
    "1 AND (SELECT 1 FROM (SELECT SLEEP(5))x)",
    "' AND randomblob(500000000)--", "IF(1=1,SLEEP(5),0)",
    "' AND EXTRACTVALUE(1,CONCAT(0x7e,version()))--",
    "' AND updatexml(1,2,3)--", "' AND 1=CAST((SELECT version()) AS int)--",
    "' AND (SELECT COUNT(*) FROM information_schema.tables)>0--",
    "' AND ascii(substr((select database()),1,1))>64--",
    "' AND MID(VERSION(),1,1)='5", "'||UTL_INADDR.GET_HOST_ADDRESS('x')||'",
    "' AND UTL_HTTP.REQUEST('http://x.test') IS NOT NULL--",
    "' UNION SELECT load_file('/etc/passwd')--", "' INTO OUTFILE '/x.php'--",
    "' PROCEDURE ANALYSE()--", "' OR EXISTS(SELECT * FROM users)--",
    "' HAVING 1=1--", "' GROUP BY id HAVING 1=1--", "' RLIKE (SELECT 1)--",
    "CASE WHEN 1=1 THEN 1 ELSE 0 END", "id DESC, (SELECT 1 FROM pg_sleep(5))",

    /* behind a number */
    "1 AND 1=1", "1 OR 1=1", "1) OR (1=1", "1 ORDER BY 5--",
    "1' ORDER BY 10--",
    "1 or true", "1 OR 2>1", "id=1 OR 1=1", "5 AND 1=2 UNION SELECT 1",
    "1 PROCEDURE ANALYSE(1)", "1 LIMIT 1,1 UNION SELECT 1",

    /* around a password */
    "'-'", "'*'", "'^'", "' or ''-'",

    /* encoded */
    "%27%20OR%201%3D1--", "1%27%20UNION%20SELECT%201,2--",
    "%2527%20OR%201=1--",
    "\342\200\231 OR 1=1--", "\357\274\207 OR 1=1--", "'/**/OR/**/1=1--",
    "'\302\240OR\302\2401=1--", "' OR 1=1%00"
};

static const char *const  harmless[] = {

    /* names */
    "O'Brien", "D'Angelo & Sons", "Sean O'Casey -- Dublin", "AND Digital",
    "Or, Inc.", "Union Square", "Select Comfort", "Drop Ltd",
    "Robert'); the band", "Ben & Jerry's", "Rock 'n' Roll", "l'Or\303\251al",
    "Guns N' Roses", "Tom's \"Best\" Pizza", "Order By Phone",
    "Where the Wild Things Are", "Select Committee on Union Affairs",
    "Union Select Committee", "Table & Chair", "Insert Coin", "Null & Void",
    "Update Required", "The Having Company", "Like a Rolling Stone", "O''Neil",
    "d'or", "'tis the season", "Cast & Crew", "Sleep", "benchmark",
    "Anna--Marie",
    "Delay Repay", "wait for delay", "Case When Inc.", "Group By Four",
    "L'AND", "D'Or Union", "N'Djamena", "Xi'an", "Or Yehuda", "And City",
    "Coeur d'Alene", "Winston-Salem", "\346\235\216\351\233\267",
    "Jean-Luc Picard", "Smith, John (Jr.)", "#1 Dad", "C#", "A=B",
    "name=value",
    "select_committee", "drop_in_centre", "union_type", "order", "group",

    /* measures, codes, dates */
    "5' 10\" ladder", "1/2\" pipe", "3/4\" x 10' hose", "it's 5 o'clock",
    "50% off", "1 or 2", "2 and 3", "10 or more", "1 = one", "5 like 6",
    "2024-01-01", "12:30:45", "ORD-2024--001", "SKU#12;14", "-1", "--", "- 5",
    "a--b", "0x1F", "1e3", "007", "1,000.00", "12 AND 13", "(555) or home",
    "a+b", "C++", "1+1+1", "+1 (555) 123-4567",
    "rgb(1, 2, 3)", "calc(100% - 2px)", "price:desc", "name asc, id desc",
    "id,name,email", "*", "users.*", "key1=value1;key2=value2", "a|b|c",
    "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10", "0 9 * * 1-5", "n/a; see notes",

    /* expressions of other languages */
    "5 > 3 and 2 < 4", "x^2 + y^2 = r^2", "a or b", "not (p and q)",
    "max(1, 2, 3)", "(1 + 2) * 3 / 4", "app in (web, api)", "app=web,tier!=db",
    "status = RUNNING AND zone:us-*", "is:open label:\"bug\" author:@me",
    "from:a@x.example subject:(a OR b) -label:spam", "\"exact phrase\" -site",
    "'My Sheet'!A1:C10", "div.item > a[href^=\"http\"]", "console.log('x')",
    "feature/select-all", "fix/and-or-parser", "{{ name }}", "<b>'x'</b>",

    /* sentences */
    "It's a quote -- and no more", "where to eat", "select a colour",
    "Don't select it; drop it", "the 'best' and the rest",
    "I'd like to order by phone", "Drop table view; use grid",
    "He said \"or else\" and left", "update the table; then delete the row",
    "Let's create a table; it's time", "union of states and select towns",
    "Tom's house; John's car", "what's new in SQL; and what's not",
    "It's 5 > 3", "we'll insert it into the box", "can't or won't",
    "directory: '/'", "path += '/' + pieces[i];", "| \"<\"", "\"#pop\"",
    "declare const x: unique symbol;", "delete scale.inner;",
    "procedure using",
    "'quoted' or not", "\"and\" -- a novel", "Set it; forget it"
};


static int
judge(const char *value)
{
    return mcp_judge_sql((const unsigned char *) value, strlen(value));
}


#define EACH(table, want)                                                     \
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {                  \
        is_int(judge(table[i]), want, "%s: %s", #table, table[i]);            \
    }


/* Every value of a few thousand bytes takes about as long as any other. */
static void
test_cost(void)
{
    size_t          i, k, n;
    clock_t         t;
    unsigned char  *p;

    static const char *const  units[] = {
        "'", "\"", "('", "or ", "' or ", "select ", "union select ", ";", "--",
        "/*", "/**/", "%25", "%27", "a", "1 ", "= ", "\\'", "(select 1 ",
        "when 1=", "\342\200\231", "@", "x'; "
    };

    n = 64 * 1024;
    p = malloc(n);

    if (p == NULL) {
        ok(0, "memory");
        return;
    }

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {

        for (k = 0; k < n; k++) {
            p[k] = (unsigned char) units[i][k % strlen(units[i])];
        }

        t = clock();

        for (k = 0; k < 20; k++) {
            (void) mcp_judge_sql(p, n);
        }

        /* sanitizers are slow */

        ok(clock() - t < CLOCKS_PER_SEC, "20 values of \"%s\"", units[i]);
    }

    free(p);
}


/* Nothing behind the end is read: what stands there decides nothing. */
static void
test_bounds(void)
{
    size_t       i, n;
    const char  *p = "O'Brien' OR '1'='1";

    n = strlen(p);

    for (i = 0; i <= n; i++) {

        if (i < 13) {
            is_int(mcp_judge_sql((const unsigned char *) p, i), 0,
                   "the first %u bytes", (unsigned) i);

        } else {
            (void) mcp_judge_sql((const unsigned char *) p, i);
        }
    }

    is_int(judge(p), 1, "all of it");
}


int
main(void)
{
    size_t  i;

    EACH(attacks, 1);
    EACH(harmless, 0);

    test_bounds();
    test_cost();

    return done();
}
