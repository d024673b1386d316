from inference_worker.evaluation.scales import Scales


def test_the_first_mark_is_made_where_it_is_sooner_done_than_the_brush():
    assert Scales().pays(5.0, by_hand_s=6.0)
    assert not Scales().pays(6.0, by_hand_s=6.0)


def test_marks_go_on_while_each_saves_the_brushing_it_took():
    scales = Scales()
    assert scales.pays(5.0, by_hand_s=40.0)
    assert scales.pays(8.0, by_hand_s=30.0)
    assert scales.pays(8.0, by_hand_s=22.0)
    assert not scales.pays(3.0, by_hand_s=15.0), "it took eight and saved seven"
