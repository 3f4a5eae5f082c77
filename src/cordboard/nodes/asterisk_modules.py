"""The modules that our Asterisks load: with autoload 351 of them take seconds and open ports nobody asked for."""

# Not bridge_native_rtp: it puts the other leg's RTP stream, with its SSRC and sequence numbers, in the place of ours in
# the middle of a call. Another Asterisk at the far end then hears silence more often than not, until the call ends.
_CORE = """
res_sorcery_config res_sorcery_memory res_sorcery_astdb res_timing_timerfd res_crypto res_pjproject res_http_websocket
res_websocket_client res_security_log res_geolocation res_musiconhold res_rtp_asterisk res_srtp res_mutestream
res_fax res_fax_spandsp res_rtp_multicast pbx_config bridge_simple bridge_softmix
bridge_holding bridge_builtin_features bridge_builtin_interval_features chan_pjsip chan_bridge_media chan_rtp
"""

_ARI = """
res_stasis res_stasis_answer res_stasis_playback res_stasis_recording res_stasis_snoop res_stasis_device_state
res_ari res_ari_model res_ari_applications res_ari_asterisk res_ari_bridges res_ari_channels res_ari_device_states
res_ari_endpoints res_ari_events res_ari_playbacks res_ari_recordings res_ari_sounds app_stasis
"""

_SIP = """
res_pjsip res_pjsip_session res_pjsip_acl res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest
res_pjsip_outbound_registration res_pjsip_registrar res_pjsip_endpoint_identifier_user res_pjsip_endpoint_identifier_ip
res_pjsip_caller_id res_pjsip_diversion res_pjsip_dlg_options res_pjsip_dtmf_info res_pjsip_empty_info
res_pjsip_header_funcs res_pjsip_logger res_pjsip_messaging res_pjsip_nat res_pjsip_path res_pjsip_pubsub
res_pjsip_refer res_pjsip_rfc3326 res_pjsip_sdp_rtp res_pjsip_sips_contact res_pjsip_t38 res_pjsip_transport_websocket
"""

_MEDIA = """
codec_alaw codec_ulaw codec_a_mu codec_g722 codec_gsm codec_opus_open_source codec_resample
format_pcm format_sln format_wav format_gsm
res_format_attr_opus res_format_attr_h264 res_format_attr_vp8 res_format_attr_g729
"""

# app_mixmonitor declines to load without app_chanspy, func_periodic_hook, func_cut, func_groupcount and func_uri.
_APPLICATIONS = """
app_dial app_playback app_playtones app_echo app_read app_record app_senddtmf app_sendtext app_verbose app_while
app_exec app_chanspy app_mixmonitor app_bridgewait app_transfer app_originate app_milliwatt app_stack app_system
app_userevent func_callerid func_channel func_cut func_db func_global func_groupcount func_hangupcause func_logic
func_math func_periodic_hook func_rand func_strings func_timeout func_uri func_volume func_pjsip_aor
func_pjsip_contact func_pjsip_endpoint
"""

MODULES: tuple[str, ...] = tuple(f"{_CORE} {_ARI} {_SIP} {_MEDIA} {_APPLICATIONS}".split())
