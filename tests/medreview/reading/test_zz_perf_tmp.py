import time, pytest
from django.db import connection
from tests.factories import *
from medreview.reading.selectors.worklist import available_items
from medreview.accounts.selectors import Access
@pytest.mark.django_db
def test_perf():
    w=make_world(); N=100000
    p=Patient.objects.create(project=w.project, patient_id="x", pseudonym="P-1", split_key="k")
    sp=SplitAssignment.objects.create(project=w.project, split_key="k", side="train", block=0)
    st=Study.objects.bulk_create([Study(project=w.project, patient=p, study_instance_uid=f"1.{i}") for i in range(N)], batch_size=5000)
    cs=Case.objects.bulk_create([Case(project=w.project, patient=p, study=s, split=sp, pseudonym=f"C{i}", modality="MR") for i,s in enumerate(st)], batch_size=5000)
    t=time.time(); queue_cases(project=w.project, case_ids=[c.pk for c in cs]); print("queue", time.time()-t)
    a=w.client("alice")
    with connection.cursor() as c: c.execute("ANALYZE")
    print(available_items(Access(w.project,w.alice,frozenset({"annotator"}))).explain())
    for _ in range(3):
        c=time.process_time(); t=time.time(); r=a.post(f"/api/v1/projects/{w.project.pk}/worklist/next"); print("next", r.status_code, time.time()-t, time.process_time()-c)
        c=time.process_time(); t=time.time(); r=a.get(f"/api/v1/projects/{w.project.pk}/worklist"); print("list", r.status_code, time.time()-t, time.process_time()-c)
