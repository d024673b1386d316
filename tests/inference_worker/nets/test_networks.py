"""Every network at the source's size and at a small one."""

import pytest
import torch

from inference_worker.nets import Architecture, build_network
from inference_worker.nets.resnet import ResNetEncoder

NETWORKS = ("unet", "unetpp", "deeplabv3")


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(("encoder", "width"), [("resnet18", 8), ("resnet34", 16)])
def test_logits_have_the_size_of_the_image(network, encoder, width):
    net = build_network(network, encoder=encoder, width=width, classes=3, seed=0)
    with torch.inference_mode():
        assert net(torch.zeros(2, 1, 32, 48)).shape == (2, 3, 32, 48)


@pytest.mark.parametrize("network", NETWORKS)
def test_any_size_is_taken_by_padding(network):
    net = build_network(network, encoder="resnet18", width=8, classes=2, seed=0)
    with torch.inference_mode():
        assert net(torch.zeros(1, 1, 35, 50)).shape == (1, 2, 35, 50)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_head_on_the_features_is_the_network(network):
    net = build_network(network, encoder="resnet18", width=8, classes=3, seed=0)
    image = torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(net.head(net.forward_features(image)), net(image))


@pytest.mark.parametrize("network", NETWORKS)
def test_features_of_an_odd_size_are_refused_with_the_reason(network):
    net = build_network(network, encoder="resnet18", width=8, classes=3, seed=0)
    with pytest.raises(ValueError, match=f"multiples of {net.multiple}"):
        net.forward_features(torch.zeros(1, 1, 33, 48))


@pytest.mark.parametrize(
    ("network", "decoder"), [("unet", (256, 128, 64, 32)), ("unetpp", None)]
)
def test_the_sources_network_has_the_sources_decoder(network, decoder):
    with torch.device("meta"):
        architecture = Architecture(network, "resnet34", decoder=decoder)
        net = architecture.build()
    assert architecture.decoder_widths() == (256, 128, 64, 32)
    assert net.head[0].in_channels == 32


def test_the_sources_u_net_has_the_published_number_of_parameters():
    with torch.device("meta"):
        net = build_network("unet", encoder="resnet34", classes=2, channels=3)
    # segmentation-models-pytorch's resnet34 has 21,284,672, of which layer4 has
    # 13,114,368; its U-Net decoder of these widths adds the rest.
    encoder = sum(p.numel() for p in net.encoder.parameters())
    assert encoder == 21_284_672 - 13_114_368


def test_state_dict_names_are_those_of_segmentation_models_pytorch():
    names = {
        "unet": {
            "encoder.layer1.0.conv1.weight",
            "encoder.layer2.0.downsample.0.weight",
            "decoder.blocks.0.conv1.0.weight",
            "decoder.blocks.3.conv2.1.running_var",
            "segmentation_head.0.bias",
        },
        "unetpp": {
            "decoder.blocks.x_0_0.conv1.0.weight",
            "decoder.blocks.x_0_3.conv2.1.bias",
        },
        "deeplabv3": {
            "decoder.0.convs.0.0.weight",
            "decoder.0.convs.4.1.weight",
            "decoder.0.project.0.weight",
            "decoder.1.weight",
            "decoder.2.running_mean",
            "segmentation_head.0.weight",
        },
    }
    for network, expected in names.items():
        net = build_network(network, encoder="resnet18", width=8)
        assert expected <= set(net.state_dict())


def test_a_dilated_encoder_keeps_its_resolution():
    encoder = ResNetEncoder("resnet18", 1, 8, 4, output_stride=8)
    strides = [
        64 // features.shape[-1] for features in encoder(torch.zeros(1, 1, 64, 64))
    ]
    assert strides == [1, 2, 4, 8, 8]


def test_a_seed_draws_the_same_weights_and_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first = build_network("unet", encoder="resnet18", width=8, seed=3).state_dict()
    assert torch.equal(before, torch.random.get_rng_state())
    second = build_network("unet", encoder="resnet18", width=8, seed=3).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    "fields",
    [
        {"network": "transformer"},
        {"network": "unet", "encoder": "resnet50"},
        {"network": "unet", "width": 4},
        {"network": "unet", "colour": "blue"},
    ],
)
def test_an_impossible_architecture_is_refused(fields):
    with pytest.raises(ValueError, match=r"unknown|not a size"):
        Architecture.from_json(fields)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_parameter_learns(network):
    net = build_network(network, encoder="resnet18", width=8, classes=2, seed=0)
    net(torch.randn(1, 1, 64, 64)).square().mean().backward()
    assert [n for n, p in net.named_parameters() if p.grad is None] == []
