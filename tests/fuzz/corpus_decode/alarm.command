
a
$01890a5d-ac96-774b-bcce-b302099a8057 VerifyFailed.LSSTComCam.bias.4:0acknowledge 2operator