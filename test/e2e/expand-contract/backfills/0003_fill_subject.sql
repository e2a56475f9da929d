-- lotse: backfill waiver(id)
-- What 0003_fill_subject.py of release 2 does. A waiver that is written meanwhile is filled by the trigger of 0002.
update waiver
   set subject_type = coalesce(subject ->> 'type', ''), subject_identifier = coalesce(subject ->> 'item', '')
 where id between $1 and $2 and subject_type is null;
